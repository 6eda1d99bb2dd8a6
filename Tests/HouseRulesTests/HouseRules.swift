import Testing

@Suite struct `House rules` {}

/// A value of the Common Expression Language.
public enum Value: Sendable {
    case null
}

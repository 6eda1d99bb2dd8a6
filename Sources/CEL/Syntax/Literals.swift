/// Numbers, texts and octets (specification: "Numeric values", "String and bytes values").
extension Lexer {
    mutating func number(from start: SourcePosition) -> Token.Kind {
        if peek() == "0", peek(1) == "x" || peek(1) == "X", peek(2).hexDigit != nil {
            place += 2
            return integer(from: start, digits: place, radix: 16)
        }
        while peek().isDigit { place += 1 }
        var isDouble = false
        if peek() == ".", peek(1).isDigit {
            isDouble = true
            place += 1
            while peek().isDigit { place += 1 }
        }
        if peek() == "e" || peek() == "E" {
            let sign = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if peek(1 + sign).isDigit {
                isDouble = true
                place += 1 + sign
                while peek().isDigit { place += 1 }
            }
        }
        guard isDouble else {
            place = start.offset
            return integer(from: start, digits: place, radix: 10)
        }
        guard let number = Double(text(from: start.offset, to: place)), number.isFinite else {
            fault("The number does not fit a double", at: start, length: place - start.offset)
            return .fault
        }
        return .double(number)
    }

    private mutating func integer(
        from start: SourcePosition,
        digits: Int,
        radix: UInt64
    ) -> Token.Kind {
        var number: UInt64 = 0
        var fits = true
        while let digit = peek().hexDigit, digit < radix {
            let product = number.multipliedReportingOverflow(by: radix)
            let sum = product.partialValue.addingReportingOverflow(UInt64(digit))
            fits = fits && !product.overflow && !sum.overflow
            number = sum.partialValue
            place += 1
        }
        let isUnsigned = peek() == "u" || peek() == "U"
        if isUnsigned { place += 1 }
        // One more than the largest int is left to the parser, which knows of the sign.
        guard fits, isUnsigned || number <= UInt64(Int64.max) + 1 else {
            let type = isUnsigned ? "a uint" : "an int"
            fault("The number does not fit \(type)", at: start, length: place - start.offset)
            return .fault
        }
        return isUnsigned ? .uint(number) : .int(number)
    }

    mutating func string(from start: SourcePosition, isRaw: Bool) -> Token.Kind {
        var text = String.UnicodeScalarView()
        let isWhole = quoted(from: start, isRaw: isRaw, isBytes: false) { scalar in
            text.append(scalar)
        } octet: { octet in
            text.append(Unicode.Scalar(octet))
        }
        return isWhole ? .string(String(text)) : .fault
    }

    mutating func bytes(from start: SourcePosition, isRaw: Bool) -> Token.Kind {
        var octets: [UInt8] = []
        let isWhole = quoted(from: start, isRaw: isRaw, isBytes: true) { scalar in
            octets.append(contentsOf: UTF8.encode(scalar) ?? .init())
        } octet: { octet in
            octets.append(octet)
        }
        return isWhole ? .bytes(octets) : .fault
    }

    /// Reads a quoted text; `false` when it was faulty, which has then been noted.
    private mutating func quoted(
        from start: SourcePosition,
        isRaw: Bool,
        isBytes: Bool,
        scalar: (Unicode.Scalar) -> Void,
        octet: (UInt8) -> Void
    ) -> Bool {
        let quote = peek()
        let isTriple = peek(1) == quote && peek(2) == quote
        for _ in 0..<(isTriple ? 3 : 1) { advance() }
        var isWhole = true
        while true {
            guard !isAtEnd, isTriple || (peek() != "\n" && peek() != "\r") else {
                let marks = String(repeating: String(quote), count: isTriple ? 3 : 1)
                fault(
                    "The text is not closed; \(marks) is missing",
                    at: start,
                    length: place - start.offset
                )
                return false
            }
            if peek() == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
                for _ in 0..<(isTriple ? 3 : 1) { advance() }
                return isWhole
            }
            if peek() == "\\", !isRaw {
                let escape = position
                advance()
                if let message = self.escape(isBytes: isBytes, scalar: scalar, octet: octet) {
                    fault(message, at: escape, length: max(2, place - escape.offset))
                    isWhole = false
                }
            } else {
                scalar(peek())
                advance()
            }
        }
    }

    /// Reads what follows a backslash; gives what is wrong with it, if anything.
    private mutating func escape(
        isBytes: Bool,
        scalar: (Unicode.Scalar) -> Void,
        octet: (UInt8) -> Void
    ) -> String? {
        guard !isAtEnd else { return nil }
        let mark = peek()
        let plain: Unicode.Scalar? =
            switch mark {
            case "a": "\u{07}"
            case "b": "\u{08}"
            case "f": "\u{0C}"
            case "n": "\n"
            case "r": "\r"
            case "t": "\t"
            case "v": "\u{0B}"
            case "\\", "?", "\"", "'", "`": mark
            default: nil
            }
        if let plain {
            scalar(plain)
            advance()
            return nil
        }
        switch mark {
        case "0"..."3":
            guard let number = digits(3, radix: 8, from: 0) else {
                return "An octal escape has three digits, from \\000 to \\377"
            }
            octet(UInt8(number))
        case "x", "X":
            guard let number = digits(2, radix: 16, from: 1) else {
                return "'\\\(mark)' is followed by two hexadecimal digits"
            }
            octet(UInt8(number))
        case "u", "U":
            let count = mark == "u" ? 4 : 8
            guard !isBytes else { return "'\\\(mark)' is not allowed in bytes" }
            guard let number = digits(count, radix: 16, from: 1) else {
                return "'\\\(mark)' is followed by \(count) hexadecimal digits"
            }
            guard let decoded = Unicode.Scalar(number) else {
                return "The escape is not a Unicode scalar value"
            }
            scalar(decoded)
        default:
            if mark != "\n" { advance() }
            return "'\\\(mark)' is not an escape"
        }
        return nil
    }

    /// Reads so many digits after the marks that introduce them.
    private mutating func digits(_ count: Int, radix: UInt32, from first: Int) -> UInt32? {
        var number: UInt32 = 0
        for place in first..<(first + count) {
            guard let digit = peek(place).hexDigit, digit < radix else { return nil }
            number = number &* radix &+ digit
        }
        place += first + count
        return number
    }
}

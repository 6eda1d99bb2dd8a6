// Values that travel as one text.

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let instant = Instant(rfc3339: text) else {
            throw notReadable(text, as: "RFC 3339 time", decoder)
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension Span: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let span = Span(text: text) else { throw notReadable(text, as: "span", decoder) }
        self = span
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension TrackID: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let track = TrackID(text) else { throw notReadable(text, as: "track", decoder) }
        self = track
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension Scope: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let scope = Scope(text) else { throw notReadable(text, as: "scope", decoder) }
        self = scope
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

private func notReadable(_ text: String, as what: String, _ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is no \(what)")
    )
}

extension JSON: Codable {
    package init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? JSONValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "JSON values are read by JSON.decode(_:) alone"
                )
            )
        }
        self = decoder.json
    }

    package func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? JSONValueEncoder else {
            throw EncodingError.invalidValue(
                self,
                .init(
                    codingPath: encoder.codingPath,
                    debugDescription: "JSON values are written by JSON(encoding:) alone"
                )
            )
        }
        encoder.box.value = self
    }

    /// The JSON form of a value: the one way in which the core's values are written.
    ///
    /// - Throws: `EncodingError` where a value has no JSON form (a number that is not finite).
    package init(encoding value: some Encodable) throws {
        let box = JSONBox()
        try value.encode(to: JSONValueEncoder(box: box, codingPath: []))
        self = box.finished
    }

    /// Reads a value from its JSON form.
    ///
    /// - Throws: `DecodingError` with the path of what does not fit.
    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try Value(from: JSONValueDecoder(json: self, codingPath: []))
    }
}

/// A place in a JSON value under construction.
private final class JSONBox {
    var value: JSON = .null
    var members: [String: JSONBox]?
    var elements: [JSONBox]?

    var finished: JSON {
        if let members { return .object(members.mapValues(\.finished)) }
        if let elements { return .array(elements.map(\.finished)) }
        return value
    }
}

private struct JSONKey: CodingKey {
    var stringValue: String
    var intValue: Int?

    init(stringValue: String) { self.stringValue = stringValue }
    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

private struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
    let box: JSONBox
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if box.members == nil { box.members = [:] }
        return KeyedEncodingContainer(Keyed<Key>(box: box, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if box.elements == nil { box.elements = [] }
        return Unkeyed(box: box, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() throws { box.value = .null }
    func encode(_ value: Bool) throws { box.value = .bool(value) }
    func encode(_ value: String) throws { box.value = .string(value) }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: codingPath, debugDescription: "not a finite number")
            )
        }
        box.value = .double(value)
    }
    func encode(_ value: Int) throws { box.value = .int(Int64(value)) }
    func encode(_ value: Int8) throws { box.value = .int(Int64(value)) }
    func encode(_ value: Int16) throws { box.value = .int(Int64(value)) }
    func encode(_ value: Int32) throws { box.value = .int(Int64(value)) }
    func encode(_ value: Int64) throws { box.value = .int(value) }
    func encode(_ value: UInt) throws { try encode(UInt64(value)) }
    func encode(_ value: UInt8) throws { box.value = .int(Int64(value)) }
    func encode(_ value: UInt16) throws { box.value = .int(Int64(value)) }
    func encode(_ value: UInt32) throws { box.value = .int(Int64(value)) }
    func encode(_ value: UInt64) throws {
        guard let number = Int64(exactly: value) else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: codingPath, debugDescription: "beyond 63 bits")
            )
        }
        box.value = .int(number)
    }
    func encode<Value: Encodable>(_ value: Value) throws { try value.encode(to: self) }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let box: JSONBox
        let codingPath: [any CodingKey]

        private func encoder(_ key: some CodingKey) -> JSONValueEncoder {
            let member = JSONBox()
            box.members?[key.stringValue] = member
            return JSONValueEncoder(box: member, codingPath: codingPath + [key])
        }

        mutating func encodeNil(forKey key: Key) throws { try encoder(key).encodeNil() }
        mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            try value.encode(to: encoder(key))
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { encoder(key).container(keyedBy: type) }
        mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            encoder(key).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { encoder(JSONKey(stringValue: "super")) }
        mutating func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let box: JSONBox
        let codingPath: [any CodingKey]
        var count: Int { box.elements?.count ?? 0 }

        private func encoder() -> JSONValueEncoder {
            let element = JSONBox()
            let key = JSONKey(intValue: count)
            box.elements?.append(element)
            return JSONValueEncoder(box: element, codingPath: codingPath + [key])
        }

        mutating func encodeNil() throws { try encoder().encodeNil() }
        mutating func encode<Value: Encodable>(_ value: Value) throws {
            try value.encode(to: encoder())
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) -> KeyedEncodingContainer<Nested> { encoder().container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            encoder().unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { encoder() }
    }
}

private struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
    let json: JSON
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    private func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(
            type,
            .init(codingPath: codingPath, debugDescription: "\(json) does not fit \(type)")
        )
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = json else { throw mismatch([String: JSON].self) }
        return KeyedDecodingContainer(Keyed<Key>(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = json else { throw mismatch([JSON].self) }
        return Unkeyed(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { json == .null }
    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let flag) = json else { throw mismatch(type) }
        return flag
    }
    func decode(_ type: String.Type) throws -> String {
        guard case .string(let text) = json else { throw mismatch(type) }
        return text
    }
    func decode(_ type: Double.Type) throws -> Double {
        switch json {
        case .double(let number): return number
        case .int(let number): return Double(number)
        case .null, .bool, .string, .array, .object: throw mismatch(type)
        }
    }
    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        guard case .int(let number) = json, let fitting = Number(exactly: number) else {
            throw mismatch(type)
        }
        return fitting
    }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: [String: JSON]
        let codingPath: [any CodingKey]
        var allKeys: [Key] { members.keys.sorted { $0.precedes($1) }.compactMap(Key.init) }

        func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

        private func decoder(_ key: some CodingKey) throws -> JSONValueDecoder {
            guard let member = members[key.stringValue] else {
                throw DecodingError.keyNotFound(
                    key,
                    .init(codingPath: codingPath, debugDescription: "no such member")
                )
            }
            return JSONValueDecoder(json: member, codingPath: codingPath + [key])
        }

        func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try Value(from: decoder(key))
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try decoder(key).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder { try decoder(JSONKey(stringValue: "super")) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let elements: [JSON]
        let codingPath: [any CodingKey]
        var currentIndex = 0
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        init(elements: [JSON], codingPath: [any CodingKey]) {
            self.elements = elements
            self.codingPath = codingPath
        }

        private mutating func next() throws -> JSONValueDecoder {
            let path = codingPath + [JSONKey(intValue: currentIndex)]
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    JSON.self,
                    .init(codingPath: path, debugDescription: "the array has ended")
                )
            }
            defer { currentIndex += 1 }
            return JSONValueDecoder(json: elements[currentIndex], codingPath: path)
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, elements[currentIndex] == .null else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try Value(from: next())
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next().unkeyedContainer()
        }
        mutating func superDecoder() throws -> any Decoder { try next() }
    }
}

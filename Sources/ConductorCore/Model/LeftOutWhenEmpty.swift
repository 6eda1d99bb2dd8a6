/// A list that is not written where it is empty.
///
/// For what later versions add to stored values: what was written without it reads back, and what does
/// not use it keeps its bytes.
@propertyWrapper
package struct LeftOutWhenEmpty<Element: Codable & Sendable & Equatable>: Sendable, Equatable {
    package var wrappedValue: [Element]

    package init(wrappedValue: [Element]) { self.wrappedValue = wrappedValue }
}

extension LeftOutWhenEmpty: Hashable where Element: Hashable {}

extension LeftOutWhenEmpty: Codable {
    package init(from decoder: any Decoder) throws {
        wrappedValue = try [Element](from: decoder)
    }

    package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

// What the compiler writes for a type with such members takes these in place of the general ones.

extension KeyedDecodingContainer {
    func decode<Element>(
        _ type: LeftOutWhenEmpty<Element>.Type,
        forKey key: Key
    ) throws -> LeftOutWhenEmpty<Element> {
        LeftOutWhenEmpty(wrappedValue: try decodeIfPresent([Element].self, forKey: key) ?? [])
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Element>(_ value: LeftOutWhenEmpty<Element>, forKey key: Key) throws {
        if !value.wrappedValue.isEmpty { try encode(value.wrappedValue, forKey: key) }
    }
}

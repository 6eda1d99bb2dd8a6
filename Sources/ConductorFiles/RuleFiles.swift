package import CEL
package import ConductorCore
package import ConductorPorts

/// The files that people write, read together: rules and configuration become a deployment, or all
/// that is wrong with them is said at once.
package struct RuleFiles {
    /// The time zone of a name; nil where the system has none.
    package typealias Zones = (String) -> ZoneRules.Zone?

    /// What came of reading.
    package struct Loaded {
        /// Whole, or not there.
        package var deployment: Deployment?
        /// In order of place; a deployment can have warnings.
        package var faults: [Fault]
        /// Apps that keep the rules they had, because theirs have errors.
        package var keptApps: [String]
        /// Every file that was read, by the name that faults give it.
        package var contents: [String: [UInt8]]

        package var hasErrors: Bool { faults.contains { $0.severity == .error } }
    }

    /// Reads the configuration, the rule files that its apps name, and what it includes.
    ///
    /// - Parameters:
    ///   - rules: The rule file of apps that name none.
    ///   - config: The configuration.
    ///   - catalog: What kinds of sources and actions there are.
    ///   - files: Where files are read from.
    ///   - zones: Where the time zones of calendars are looked up; `UTC` is always there.
    ///   - previous: What runs so far: where the errors are confined to files of single apps, those
    ///     apps keep what they have here, and the others get what is new.
    /// - Returns: a deployment, or the errors that keep it from being one.
    package static func load(
        rules: String,
        config: String,
        catalog: any AdapterCatalog,
        files: any FileTree = Disk(),
        zones: @escaping Zones = { _ in nil },
        previous: Deployment? = nil
    ) -> Loaded {
        var loader = Loader(
            rules: rules,
            config: config,
            catalog: catalog,
            files: files,
            zones: zones
        )
        return loader.load(previous: previous)
    }
}

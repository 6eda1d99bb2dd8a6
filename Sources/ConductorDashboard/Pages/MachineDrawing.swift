import ConductorCore

/// A machine as a picture: the road from left to right, what lies beside it below; the way that a
/// track has gone, and where it is.
struct MachineDrawing: Sendable {
    var machine: Machine
    /// The stages that were entered, in order; the last one is where the track is.
    var travelled: [String]
    var light: Light

    private struct Box {
        var stage: Stage
        var x: Int
        var y: Int
        var width: Int

        var middle: Int { x + width / 2 }
    }

    private static let height = 34
    private static let gap = 44
    private static let roadTop = 74
    private static let besideTop = 176
    private static let longestName = 26

    var html: HTML {
        let boxes = layout
        guard !boxes.isEmpty else { return "" }
        let width = (boxes.map { $0.x + $0.width }.max() ?? 0) + 12
        let hasBeside = boxes.contains { $0.stage.kind != .road }
        let height = (hasBeside ? Self.besideTop : Self.roadTop) + Self.height + 14
        let here = travelled.last ?? "no stage"
        var steps: Set<[String]> = []
        for (from, to) in zip(travelled, travelled.dropFirst()) { steps.insert([from, to]) }
        let edges = edges(boxes, steps)
        return """
            <figure class="map" tabindex="0" aria-label="The machine, as a picture that scrolls">
            <svg role="img" aria-labelledby="map-title" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)">
            <title id="map-title">The machine \(machine.name): now in \(here), after \
            \(travelled.dropLast().joined(separator: ", "))</title>
            <defs>\(Self.arrow("a"))\(Self.arrow("a-gone"))\(Self.arrow("a-brake"))</defs>
            \(edges)\(boxes.map(node))
            </svg></figure>

            """
    }

    private static func arrow(_ name: HTML) -> HTML {
        """
        <marker id="\(name)" class="\(name)" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" \
        markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>
        """
    }

    private var layout: [Box] {
        var boxes: [Box] = []
        var x = 12
        func width(_ stage: Stage) -> Int {
            max(64, min(stage.name.count, Self.longestName) * 8 + 22)
        }
        for stage in machine.stages where stage.kind == .road {
            boxes.append(Box(stage: stage, x: x, y: Self.roadTop, width: width(stage)))
            x += width(stage) + Self.gap
        }
        // What lies beside stands under the middle of what leads there, and beside its neighbour.
        var free = 12
        for stage in machine.stages where stage.kind != .road {
            let sources = MapEdge.all(of: machine).filter { $0.to == stage.name }.compactMap {
                edge in boxes.first { $0.stage.name == edge.from && $0.stage.kind == .road }?.middle
            }
            let middle =
                sources.isEmpty ? free : ((sources.min() ?? 0) + (sources.max() ?? 0)) / 2
            let left = max(free, middle - width(stage) / 2)
            boxes.append(Box(stage: stage, x: left, y: Self.besideTop, width: width(stage)))
            free = left + width(stage) + Self.gap
        }
        return boxes
    }

    private func node(_ box: Box) -> HTML {
        let name = box.stage.name
        let isHere = travelled.last == name
        var style: HTML = "node \(box.stage.kind.rawValue)"
        if isHere {
            style += " here \(light.style)"
        } else if travelled.contains(name) {
            style += " gone"
        }
        let short =
            name.count > Self.longestName ? name.prefix(Self.longestName - 1) + "…" : name[...]
        let said: HTML =
            isHere ? ", the track is here" : travelled.contains(name) ? ", was entered" : ""
        return """
            <g class="\(style)"><title>\(name)\(said)</title><rect x="\(box.x)" y="\(box.y)" \
            width="\(box.width)" height="\(Self.height)" rx="6"/><text x="\(box.middle)" \
            y="\(box.y + 22)" text-anchor="middle">\(String(short))</text></g>

            """
    }

    private func edges(_ boxes: [Box], _ steps: Set<[String]>) -> [HTML] {
        var level = 0
        return MapEdge.all(of: machine).compactMap { edge in
            guard let from = boxes.first(where: { $0.stage.name == edge.from }),
                let to = boxes.first(where: { $0.stage.name == edge.to })
            else { return nil }
            let isGone = steps.contains([edge.from, edge.to])
            let style: HTML =
                switch edge.style {
                case .automatic: "automatic"
                case .manual: "manual"
                case .brake: "brake"
                }
            let head: HTML = isGone ? "a-gone" : edge.style == .brake ? "a-brake" : "a"
            let label = "\(edge.from) → \(edge.to): \(edge.label.joined(separator: ", "))"
            return """
                <path class="edge \(style)\(isGone ? " gone" as HTML : "")" \
                d="\(curve(from, to, level: &level))" marker-end="url(#\(head))">\
                <title>\(label)</title></path>

                """
        }
    }

    private func curve(_ from: Box, _ to: Box, level: inout Int) -> String {
        let half = Self.height / 2
        if from.y == to.y {
            let road = boxesOnRow(from, to)
            if to.x > from.x, road {
                return "M\(from.x + from.width) \(from.y + half)H\(to.x - 1)"
            }
            // Over what lies between, each a little higher than the one before.
            level = (level + 1) % 3
            let top = from.y - 22 - level * 13
            let bend = to.x > from.x ? 10 : -10
            return """
                M\(from.middle + bend) \(from.y)C\(from.middle + bend * 2) \(top) \
                \(to.middle - bend * 2) \(top) \(to.middle - bend) \(to.y - 1)
                """
        }
        let isDown = to.y > from.y
        let shift = isDown ? -8 : 8
        let start = isDown ? from.y + Self.height : from.y
        let end = isDown ? to.y - 1 : to.y + Self.height + 1
        let between = (start + end) / 2
        return """
            M\(from.middle + shift) \(start)C\(from.middle + shift) \(between) \
            \(to.middle + shift) \(between) \(to.middle + shift) \(end)
            """
    }

    /// Whether two stages of one row stand side by side.
    private func boxesOnRow(_ from: Box, _ to: Box) -> Bool {
        to.x - (from.x + from.width) <= Self.gap
    }
}

/// What will happen, by time; what is planned for one moment happens in the order of planning.
struct Agenda<Item> {
    private var heap: [(time: Int64, order: Int, item: Item)] = []
    private var planned = 0

    var nextTime: Int64? { heap.first?.time }

    mutating func plan(_ item: Item, at time: Int64) {
        planned += 1
        heap.append((time, planned, item))
        var place = heap.count - 1
        while place > 0, isEarlier(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes the next item that is due.
    mutating func take(dueBy time: Int64) -> Item? {
        guard let first = heap.first, first.time <= time else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.item }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in [place * 2 + 1, place * 2 + 2]
            where child < heap.count && isEarlier(child, least) {
                least = child
            }
            if least == place { return first.item }
            heap.swapAt(place, least)
            place = least
        }
    }

    private func isEarlier(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}

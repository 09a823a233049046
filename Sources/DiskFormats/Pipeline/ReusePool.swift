import Synchronization

/// Working memory that is costly to make and serves one thread at a time: compressors.
final class ReusePool<Value>: Sendable {
    private final class Cell: Sendable {
        let value = Mutex<Value?>(nil)
    }

    private let idle = Mutex<[Cell]>([])

    /// Lends a value that nobody uses now, made first if there is none.
    func withValue<Result: Sendable>(
        make: @Sendable () throws -> sending Value, _ body: (borrowing Value) throws -> sending Result
    ) throws -> Result {
        let cell = idle.withLock { $0.popLast() } ?? Cell()
        defer { idle.withLock { $0.append(cell) } }
        return try cell.value.withLock { value in
            if let value { return try body(value) }
            let made = try make()
            let result = try body(made)
            value = made
            return result
        }
    }
}

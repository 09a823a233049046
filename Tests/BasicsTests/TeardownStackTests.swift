import Basics
import Synchronization
import Testing

/// What a test saw, in order, from whichever task it happened in.
private final class Journal: Sendable {
    private let lines = Mutex<[String]>([])
    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

private struct Trouble: Error, CustomStringConvertible {
    let description: String
}

@Suite struct TeardownStackTests {
    @Test func releasesRunLastInFirstOut() async throws {
        let journal = Journal()
        let result = try await withTeardown { stack in
            for name in ["a", "b", "c"] { await stack.push("release \(name)") { journal.note(name) } }
            journal.note("body")
            return 42
        }
        #expect(result == 42)
        #expect(journal.all == ["body", "c", "b", "a"])
    }

    @Test func everyReleaseRunsAndAllFailuresAreReported() async throws {
        let journal = Journal()
        let error = await #expect(throws: TeardownFailure.self) {
            try await withTeardown { stack in
                await stack.push("unmount x") { throw Trouble(description: "busy") }
                await stack.push("remove y") { journal.note("y") }
                await stack.push("detach z") { throw Trouble(description: "gone") }
            }
        }
        #expect(journal.all == ["y"])
        #expect(error?.description == "cannot detach z: gone; cannot unmount x: busy")
    }

    @Test func theErrorOfTheBodyIsNotHiddenByAFailingRelease() async throws {
        let journal = Journal()
        let error = await #expect(throws: Trouble.self) {
            try await withTeardown { stack in
                await stack.push("a") { journal.note("a") }
                await stack.push("b") { throw Trouble(description: "release") }
                throw Trouble(description: "reason")
            }
        }
        #expect(error?.description == "reason")
        #expect(journal.all == ["a"])
    }

    @Test func aCancelledBodyStillReleasesAndItsReleasesAreNotCancelled() async throws {
        let journal = Journal()
        let task = Task {
            try await withTeardown { stack in
                await stack.push("look") { journal.note(Task.isCancelled ? "cancelled" : "alive") }
                try await Task.sleep(for: .seconds(60))
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(journal.all == ["alive"])
    }

    @Test func unwindingTwiceReleasesOnce() async throws {
        let journal = Journal()
        let stack = TeardownStack()
        await stack.push("a") { journal.note("a") }
        try await stack.unwind()
        try await stack.unwind()
        #expect(journal.all == ["a"])
    }

    @Test("released is the reverse of acquired, wherever the body stops", arguments: 0..<16)
    func reversesAnyPrefix(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...12, using: &generator)
        let stop = Int.random(in: 0...12, using: &generator)
        let journal = Journal()
        try? await withTeardown { stack in
            for index in 0..<count {
                if index == stop { throw Trouble(description: "stop") }
                await stack.push("\(index)") { journal.note("\(index)") }
            }
        }
        #expect(journal.all == (0..<min(count, stop)).reversed().map(String.init))
    }
}

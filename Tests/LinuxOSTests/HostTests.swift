import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import LinuxOS

extension SystemTests {
    @Suite(.timeLimit(.minutes(1)))
    struct HostTests {
        @Test func memoryIsReadFromItsTwoLines() {
            let text = "MemTotal:       24684100 kB\nMemFree:        100 kB\nMemAvailable:   2 kB\n"
            let memory = HostMemory(parsing: text)
            #expect(memory?.total == .kibibytes(24_684_100))
            #expect(memory?.available == .kibibytes(2))
            #expect(HostMemory(parsing: "MemTotal: x kB\nMemAvailable: 1 kB") == nil)
            #expect(HostMemory(parsing: "MemTotalX: 1 kB\nMemAvailable: 1 kB") == nil)
            #expect(HostMemory(parsing: "") == nil)
        }

        @Test func thisMachineHasMemoryAndThisProcessUsesSome() throws {
            let memory = try HostMemory.current()
            #expect(memory.total > memory.available && memory.available > .mebibytes(1))
            let peak = try #require(MemoryUsage.peak)
            #expect(peak > .mebibytes(1) && peak < memory.total)
        }

        @Test func aFileIsNoTerminal() throws {
            let file = try #require(FileHandle(forReadingAtPath: "/dev/null"))
            #expect(TerminalInfo.of(descriptor: file.fileDescriptor) == nil)
        }

        @Test func aTerminalTellsItsSize() throws {
            var master: Int32 = -1
            var slave: Int32 = -1
            var size = winsize(ws_row: 33, ws_col: 121, ws_xpixel: 0, ws_ypixel: 0)
            try #require(openpty(&master, &slave, nil, nil, &size) == 0)
            #expect(TerminalInfo.of(descriptor: slave) == TerminalInfo(columns: 121, rows: 33))
            close(master)
            close(slave)
        }

        @Test func ownProcessIsAHolderOfItsProgram() {
            let holders = ProcessTable.holders(of: FilePath(testBinary))
            #expect(holders.contains { $0.identifier == getpid() })
            #expect(ProcessTable.rooted(below: "/ingot/no/such").isEmpty)
        }

        @Test func processesStartedAreAmongTheOthers() async throws {
            let duration = uniqueDuration()
            let task = Task { try await SubprocessRunner().run(Command("sleep", [duration]), onLine: { _ in }) }
            #expect(await eventually { processCount(withArgument: duration) == 1 })
            #expect(try ProcessTable.others().contains { $0.name == "sleep" })
            #expect(try Stragglers.list().isEmpty)  // not in a session: none of them is ours to end
            task.cancel()
            _ = try? await task.value
        }

        @Test func signalsArriveOnceEach() async throws {
            let signals = try SignalStream.signals([SIGUSR1, SIGUSR2])
            kill(getpid(), SIGUSR1)
            kill(getpid(), SIGUSR1)
            var iterator = signals.makeAsyncIterator()
            #expect(await iterator.next() == SIGUSR1)
            kill(getpid(), SIGUSR1)
            kill(getpid(), SIGUSR2)
            #expect(await iterator.next() == SIGUSR2)
        }

        @Test func dyingByASignalIsSeenAsThat() async {
            await #expect(processExitsWith: .signal(SIGTERM)) { SignalStream.die(by: SIGTERM) }
        }
    }
}

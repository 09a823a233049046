import Testing

@testable import DiskFormats

@Suite struct PipelineMemoryTests {
    @Test(arguments: 9...21) func piecesStayWithinTheLimitOnAnyMachine(grainBits: Int) {
        for threads in [1, 2, 3, 8, 64, 1024] {
            for outputs in 1...4 {
                let memory = PipelineMemory(grain: 1 << grainBits, outputs: outputs, wantedThreads: threads)
                #expect(memory.pieceSize >= 1 << grainBits)
                #expect(memory.pieceSize % (1 << grainBits) == 0)
                #expect((1...threads).contains(memory.threadCount))
                #expect(memory.pieceCount > memory.threadCount)
                #expect(memory.pieceCount * (memory.pieceSize * (1 + outputs) + outputs << 20) <= 64 << 20)
            }
        }
    }

    @Test func aUsualMachineUsesAllItsProcessors() {
        for threads in 1...24 {
            #expect(PipelineMemory(grain: 65536, outputs: 1, wantedThreads: threads).threadCount == threads)
        }
    }
}

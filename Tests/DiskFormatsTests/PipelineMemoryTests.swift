import Testing

@testable import DiskFormats

@Suite struct PipelineMemoryTests {
    @Test(arguments: 9...21) func batchesStayWithinTheLimitOnAnyMachine(clusterBits: Int) {
        for threads in [1, 2, 3, 8, 64, 1024] {
            let memory = PipelineMemory(clusterSize: 1 << clusterBits, wantedThreads: threads)
            let batch = memory.clustersPerBatch << clusterBits
            #expect(batch >= 1 << clusterBits)
            #expect((1...threads).contains(memory.threadCount))
            #expect(memory.batchCount > memory.threadCount)
            #expect(memory.batchCount * (2 * batch + (1 << 20)) <= 64 << 20)
        }
    }

    @Test func aUsualMachineUsesAllItsProcessors() {
        for threads in 1...24 {
            #expect(PipelineMemory(clusterSize: 65536, wantedThreads: threads).threadCount == threads)
        }
    }
}

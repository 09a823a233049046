import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// What hooks see, against a recording of diskimage-builder 3.43.0 with the same elements and the same caller.
    @Suite struct EnvironmentOfHooks {
        @Test("every phase shows what upstream shows, except for the listed differences", .timeLimit(.minutes(1)))
        func reference() async throws {
            try await withSandbox { sandbox in
                let probe = try ProbeFixture(in: sandbox)
                let arguments = [
                    "disk-image-create", "-n", "--no-tmpfs", "-t", "tar,raw", "-o", "x", "probe", "probe-os",
                ]
                let result = try await sandbox.start(arguments, environment: probe.environment).result()
                result.expectStatus(0)
                var used: Set<String> = []
                for phase in ProbePhase.allCases {
                    let expected = try ProbeDump(reference: phase)
                    let actual = try probe.dump(of: phase, output: result.output)
                    let comparison = EnvironmentDifferences.compare(phase, expected: expected, actual: actual)
                    used.formUnion(comparison.used)
                    #expect(comparison.unexplained == [], "in phase \(phase.rawValue)")
                }
                #expect(used == EnvironmentDifferences.names, "a listed difference that no longer exists")
            }
        }
    }
}

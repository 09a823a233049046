/// Asks again every 10 ms until the answer is yes; false when the time is over.
///
/// Loop devices are such a case: other tests' namespaces, and programs that look at every block device of the machine, hold
/// them for a moment after we have let go.
package func eventually(
    within limit: Duration = .seconds(5), _ condition: () throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try condition() { return true }
        if deadline < .now { return false }
        try? await Task.sleep(for: .milliseconds(10))
    }
}

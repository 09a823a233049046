/// How a build shows itself; never part of the request, so that it cannot change an image.
struct BuildPresentation: Equatable {
    var style = BuildDisplay.Style.automatic
    /// Print the plan and stop.
    var isDryRun = false
    /// Ask the mirror of the build for an answer, with the other host checks: the only one that takes the network.
    var checksMirror = false
    /// Ask for what hooks read from outside, and name what has changed since the last build: network, too.
    var explains = false
}

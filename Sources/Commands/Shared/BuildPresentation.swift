/// How a build shows itself; never part of the request, so that it cannot change an image.
struct BuildPresentation: Equatable {
    var style = BuildDisplay.Style.automatic
    /// Print the plan and stop.
    var isDryRun = false
}

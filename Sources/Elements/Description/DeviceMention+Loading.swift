import SystemPackage

extension DeviceMention {
    /// One for each hook that has such a word.
    package static func load(_ listings: [ElementListing]) throws(ElementError) -> [DeviceMention] {
        var mentions: [DeviceMention] = []
        let names = Set(phases.map(\.directoryName))
        for listing in listings {
            for directory in listing.directories where names.contains(directory.name) {
                for entry in directory.entries where entry.isFile && !entry.isHidden {
                    let path = listing.path.appending(directory.name).appending(entry.name)
                    guard let text = try TextFile.text(of: path), let word = word(in: text) else { continue }
                    mentions.append(
                        DeviceMention(element: listing.element, hook: "\(directory.name)/\(entry.name)", word: word))
                }
            }
        }
        return mentions
    }
}

package import Basics

/// Which elements a build asks for, before dependencies: what the caller typed and what upstream adds to it.
package struct ElementRequest: Hashable, Sendable, Codable {
    /// Words of the variable `IMAGE_ELEMENT`, which come before those of the command line.
    package var environmentElements: [ElementName]
    package var commandLineElements: [ElementName]
    /// `-n`: without the element `base`.
    package var skipsBase: Bool
    /// The element that makes a ramdisk of the image, in ramdisk mode.
    package var ramdiskElement: ElementName?
    package var architecture: Architecture

    package init(
        environmentElements: [ElementName] = [], commandLineElements: [ElementName], skipsBase: Bool = false,
        ramdiskElement: ElementName? = nil, architecture: Architecture
    ) {
        self.environmentElements = environmentElements
        self.commandLineElements = commandLineElements
        self.skipsBase = skipsBase
        self.ramdiskElement = ramdiskElement
        self.architecture = architecture
    }

    /// A name asked for, and by what.
    package struct Item: Hashable, Sendable {
        package let name: ElementName
        package let reason: ElementReason

        package init(name: ElementName, reason: ElementReason) {
            self.name = name
            self.reason = reason
        }
    }

    /// The initial list in upstream's order (compat-core section 5.3), repeats included: it is printed as
    /// `Building elements: …`.
    package var items: [Item] {
        var items = ramdiskElement.map { [Item(name: $0, reason: .ramdisk)] } ?? []
        if !skipsBase { items.append(Item(name: .base, reason: .impliedBase)) }
        items += environmentElements.map { Item(name: $0, reason: .environment) }
        items += commandLineElements.map { Item(name: $0, reason: .commandLine) }
        if let blockDevice = defaultBlockDevice {
            items.append(Item(name: blockDevice, reason: .defaultBlockDevice(architecture)))
        }
        return items
    }

    /// The partition layout that the word `vm` implies when none is named; an element that depends on `vm` implies none.
    private var defaultBlockDevice: ElementName? {
        let words = environmentElements + commandLineElements
        guard words.contains(.virtualMachine), !words.contains(where: { $0.text.hasPrefix("block-device-") })
        else { return nil }
        return architecture.isARM64 ? .blockDeviceEFI : .blockDeviceMBR
    }
}

import Basics
import Testing

@testable import Commands

/// What each build of a proof has otherwise.
@Suite struct PerturbationTests {
    private func build(_ number: Int, of count: Int = 5, same: Set<Circumstance> = []) -> Perturbation {
        Perturbation(number: number, of: count, constants: Constants(asked: same))
    }

    @Test("the clock goes on for more than a year, then back, but not behind the date of the newest input")
    func clock() {
        let (now, day) = (1_800_000_000, 86400)
        func shift(_ number: Int, _ date: Int?) -> Int { build(number).clockShift(now: now, date: date) }
        #expect(shift(1, nil) == 0)
        #expect(shift(2, now) == 398 * day + 6 * 3600 + 23 * 60)
        #expect(shift(3, nil) == -(37 * day + 5 * 3600))
        #expect(shift(3, now - 100 * day) == -(37 * day + 5 * 3600))
        #expect(shift(3, now - 10 * day) == 3600 - 10 * day)
        #expect(shift(3, now - 60) == 0)
        #expect(shift(4, now) == 3 * day + 11 * 3600)
        #expect(build(2, same: [.clock]).clockShift(now: now, date: nil) == 0)
        #expect(Perturbation.words(ofShift: shift(2, nil)) == "clock +398 d 6 h 23 min")
        #expect(Perturbation.words(ofShift: -(37 * day)) == "clock −37 d")
    }

    @Test("the last of three builds or more has loop devices")
    func backend() {
        #expect((1...5).filter { build($0).usesLoopDevices } == [5])
        #expect((1...2).filter { build($0, of: 2).usesLoopDevices } == [])
        #expect((1...5).filter { build($0, same: [.backend]).usesLoopDevices } == [])
        // By the environment: options are written into images.
        #expect(build(5).environment(of: Environment(), folder: "/f")["INGOT_BACKEND"] == "loop")
        #expect(build(4).environment(of: Environment(), folder: "/f")["INGOT_BACKEND"] == nil)
    }

    @Test("each build says what is another, and the whole what is not, in the order of the list")
    func words() {
        let change = build(2, same: [.host, .place, .processors])
        #expect(
            change.description(clock: "clock +1 d")
                == "user builder2, umask 077, Pacific/Kiritimati, de_DE.UTF-8, clock +1 d, without layers")
        #expect(change.shell == "umask 077; exec \"$@\"")
        var constants = Constants(asked: [.place])
        constants.hold(.place, because: "another")
        constants.hold(.backend, because: "no loop devices")
        constants.hold(.user, because: "because")
        #expect(
            constants.description
                == "the same in all builds: user (because), place (--same), backend (no loop devices)")
        #expect(Constants(asked: []).description == nil)
    }
}

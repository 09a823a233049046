import ImageAssembly

extension LiveState {
    /// The live area: step and clock, hook, last line of output.
    ///
    /// One line only on a very low terminal.
    func liveLines(at time: Double, size: TerminalSize, estimate: TimeEstimate) -> [StyledLine] {
        guard !isOver, let step else { return [] }
        let columns = max(20, size.columns - 1)
        var lines = [headLine(step, at: time, columns: columns, estimate: estimate)]
        guard size.rows >= 8 else { return lines }
        if let hook {
            lines.append(hookLine(hook.identity.description, elapsed: time - hook.start, estimate: estimate))
        }
        if let progress { lines.append(barLine(progress, columns: columns)) }
        if !lastLine.isEmpty { lines.append(StyledLine("  \(lastLine)", .dim)) }
        return lines
    }

    private func headLine(_ step: Running, at time: Double, columns: Int, estimate: TimeEstimate) -> StyledLine {
        var clock = DurationText.clock(time - start)
        let left = estimate.remaining(
            steps: steps, current: stepIndex - 1, elapsed: time - step.start, progress: progress)
        if let left { clock += ", about \(DurationText.clock(left)) left" }
        let head = StyledLine("[\(stepIndex)/\(max(steps.count, stepIndex))] ") + StyledLine(step.title, .bold)
        let cut = head.truncated(columns: columns - clock.count - 2, ellipsis: hasUnicode ? "…" : "~")
        let gap = String(repeating: " ", count: max(2, columns - cut.width - clock.count))
        return cut + StyledLine(gap + clock)
    }

    private func hookLine(_ name: String, elapsed: Double, estimate: TimeEstimate) -> StyledLine {
        let number = hooksOfPhase.firstIndex { $0.description == name }.map { "\($0 + 1)/\(hooksOfPhase.count) " } ?? ""
        let usual = estimate.usual(hook: name).map { " (usually \(DurationText.words($0)))" } ?? ""
        return StyledLine("  hook \(number)\(name)  \(DurationText.clock(elapsed))") + StyledLine(usual, .dim)
    }

    private func barLine(_ progress: Double, columns: Int) -> StyledLine {
        let width = min(40, columns - 10)
        let full = Int(Double(width) * progress)
        let (on, off) = hasUnicode ? ("█", "░") : ("#", "-")
        let bar = String(repeating: on, count: full) + String(repeating: off, count: width - full)
        return StyledLine("  \(bar) \(Int(progress * 100)) %")
    }
}

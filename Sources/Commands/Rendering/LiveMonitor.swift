import ImageAssembly
import Synchronization

/// A build on a terminal: a few live lines at the bottom, one line for each finished step, nothing else scrolls.
///
/// The full output is another monitor's business (`LogMonitor` to a file); its path is told at the start and in a
/// failure report.
final class LiveMonitor: BuildMonitor {
    private struct State {
        var model: LiveState
        var area = LiveArea()
        var lastDrawing = -Double.infinity
        var isClosed = false
    }

    private let sink: any TextSink
    private let terminal: Terminal
    private let clock: RenderingClock
    private let store: TimingStore?
    private let estimate: TimeEstimate
    private let state: Mutex<State>
    /// Output can come thousands of lines a second; a terminal over a slow line cannot.
    private static let shortestPause = 0.1

    /// `elements` is the resolved list: builds of the same elements share their timings.
    init(
        sink: any TextSink, terminal: Terminal, elements: [String], store: TimingStore?, logPath: String?,
        clock: RenderingClock = .system
    ) {
        self.sink = sink
        self.terminal = terminal
        self.clock = clock
        self.store = store
        estimate = TimeEstimate(history: store?.load() ?? .empty, key: TimingHistory.key(elements: elements))
        state = Mutex(
            State(model: LiveState(logPath: logPath, hasUnicode: terminal.hasUnicode, start: clock.uptime())))
    }

    func receive(_ event: BuildEvent) {
        state.withLock { state in
            let time = clock.uptime()
            let finished = state.model.apply(event, at: time)
            if case .output = event, time - state.lastDrawing < Self.shortestPause { return }
            draw(&state, finished: finished, at: time)
        }
    }

    /// Redraws, so that the clock runs while a hook is silent.
    func tick() {
        state.withLock { draw(&$0, finished: [], at: clock.uptime()) }
    }

    /// Keeps the clock running until the task is cancelled.
    func animate() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            if !Task.isCancelled { tick() }
        }
    }

    /// Clears the live area, keeps what was learned; nothing is drawn afterwards.
    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            let text = state.area.frame(finished: [], live: [], terminal: terminal)
            if !text.isEmpty { sink.write(text) }
            state.isClosed = true
            remember(state.model)
        }
    }

    private func draw(_ state: inout State, finished: [StyledLine], at time: Double) {
        guard !state.isClosed else { return }
        let live = state.model.liveLines(at: time, size: terminal.size(), estimate: estimate)
        let text = state.area.frame(finished: finished, live: live, terminal: terminal)
        if !text.isEmpty { sink.write(text) }
        state.lastDrawing = time
    }

    /// Reads the file again before writing it: another build may have finished meanwhile.
    private func remember(_ model: LiveState) {
        guard let store else { return }
        var history = store.load()
        history.record(steps: model.stepSeconds, hooks: model.hookSeconds, in: estimate.key)
        store.save(history)
    }
}

using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The bare pass-through of this executable.</summary>
internal sealed class KestrelProgram(int upstreamPort) : ISubjectProgram
{
    public string Name => SubjectNames.Kestrel;

    public Launch Launch(int port) => OwnExecutable.Launch(
        Name,
        "passthrough",
        "--port", FormattableString.Invariant($"{port}"),
        "--upstream", FormattableString.Invariant($"http://127.0.0.1:{upstreamPort}"));
}

using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Run;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// What every measurement works with: the upstream, the running subjects in the order of their turns, and where figures go.
/// </summary>
internal sealed record Bench(
    RunOptions Options,
    Children Children,
    IReadOnlyList<ISubjectProgram> Programs,
    UpstreamProcess Upstream,
    IReadOnlyList<Subject> Subjects,
    Figures Figures,
    Notes Notes,
    CancellationToken Cancelled)
{
    /// <summary>
    /// The order of a round: A B C, then C B A. A machine that slowly gets busier would otherwise always do so to the later subject's cost.
    /// </summary>
    public IEnumerable<Subject> Turns(int round) => round % 2 == 1 ? Subjects : Subjects.Reverse();
}

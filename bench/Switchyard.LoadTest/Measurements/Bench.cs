using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Run;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// The context of every measurement: the upstream, the running subjects in the order of their turns, and the collected figures.
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
    /// The order of a round: A B C, then C B A. Otherwise a machine that slowly gets busier would always disadvantage the later subject.
    /// </summary>
    public IEnumerable<Subject> Turns(int round) => round % 2 == 1 ? Subjects : Subjects.Reverse();
}

using Switchyard.LoadTest.Processes;
using Switchyard.Probe;

namespace Switchyard.LoadTest.Subjects;

/// <summary>A running subject.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="Process">Its process.</param>
/// <param name="Port">Where it listens.</param>
/// <param name="ExtraFrames">See <see cref="ISubjectProgram.ExtraFrames"/>.</param>
/// <param name="Probe">Reads the counters of its runtime; null if it has no .NET runtime.</param>
internal sealed record Subject(string Name, ChildProcess Process, int Port, int ExtraFrames, RuntimeProbe? Probe);

using Switchyard.LoadTest.Processes;
using Switchyard.Probe;

namespace Switchyard.LoadTest.Subjects;

/// <summary>A subject that runs.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Process">Its process.</param>
/// <param name="Port">Where it listens.</param>
/// <param name="ExtraFrames">See <see cref="ISubjectProgram.ExtraFrames"/>.</param>
/// <param name="Probe">Reads what its runtime counts; null where there is no .NET runtime to ask.</param>
internal sealed record Subject(string Name, ChildProcess Process, int Port, int ExtraFrames, RuntimeProbe? Probe);

using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>A subject that runs.</summary>
internal sealed record Subject(string Name, ChildProcess Process, int Port);

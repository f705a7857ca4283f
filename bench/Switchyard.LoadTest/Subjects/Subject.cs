using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>A subject that runs.</summary>
internal sealed record Subject(string Name, ChildProcess Process, int Port)
{
    /// <summary>
    /// Frames a stream has through it beyond those the upstream's own format has: translated, the role comes in one of its own.
    /// </summary>
    public int ExtraFrames => Name == SubjectNames.Translate ? 1 : 0;
}

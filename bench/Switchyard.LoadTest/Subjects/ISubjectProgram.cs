using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>Something that stands between client and upstream and can be started to be measured.</summary>
internal interface ISubjectProgram
{
    /// <summary>Its name in the report and after <c>--subjects</c>.</summary>
    string Name { get; }

    /// <summary>Frames a stream has through it beyond those the upstream's own format has.</summary>
    int ExtraFrames => 0;

    /// <summary>How to start it so that it listens on a port of loopback, answers <c>GET /health</c> and forwards the rest.</summary>
    Launch Launch(int port);
}

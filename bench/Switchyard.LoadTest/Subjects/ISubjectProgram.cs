using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>A program between client and upstream that can be started and measured.</summary>
internal interface ISubjectProgram
{
    /// <summary>Its name in the report and after <c>--subjects</c>.</summary>
    string Name { get; }

    /// <summary>The frames of a stream in addition to those of the upstream's own format.</summary>
    int ExtraFrames => 0;

    /// <summary>How to start it so that it listens on a port of loopback, answers <c>GET /health</c> and forwards the rest.</summary>
    Launch Launch(int port);
}

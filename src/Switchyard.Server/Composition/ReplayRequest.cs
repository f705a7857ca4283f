using Microsoft.Extensions.Logging;

namespace Switchyard.Server.Composition;

/// <summary>The options of <c>switchyard replay</c>.</summary>
/// <param name="Folder">The recordings.</param>
/// <param name="Port">Where to listen on this machine; 0 takes a free port.</param>
internal sealed record ReplayRequest(string Folder, int Port)
{
    /// <summary>The speed of the answers: a factor.</summary>
    public required double Speed { get; init; }

    /// <summary>Whether each recording answers only once.</summary>
    public required bool Strict { get; init; }

    /// <summary>Members of requests that need not be the same.</summary>
    public required IReadOnlyList<string> Ignore { get; init; }

    /// <summary>The minimum level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }
}

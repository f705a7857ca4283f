using Microsoft.Extensions.Logging;
using Switchyard.Calls;

namespace Switchyard.Engine;

/// <summary>The calls that run.</summary>
public sealed partial class SwitchyardEngine
{
    /// <summary>When the engine was made.</summary>
    internal DateTimeOffset Created { get; }

    /// <summary>How many calls run now.</summary>
    public int RunningCount => _running.All.Count();

    /// <summary>The calls that run now, the oldest first, streams that are being read included.</summary>
    /// <remarks>At most 65,536 are listed; a call beyond them runs all the same.</remarks>
    public IReadOnlyList<RunningCall> ListRunning() =>
        [.. _running.All.Select(RunningCall.Of).OrderByDescending(call => call.Age).ThenBy(call => call.Id, StringComparer.Ordinal)];

    /// <summary>
    /// Ends the calls of an id: each client is told so in its own format, also in the middle of a stream, and what was used until then is
    /// counted and paid. Others who wait for the same answer ask for themselves, unless they are being given it already.
    /// </summary>
    /// <param name="id">The id of <see cref="RunningCall.Id"/>.</param>
    /// <returns>How many were ended; 0 where none of that id runs any more.</returns>
    /// <remarks>A provider in this process that ignores its cancellation ends when it wants to.</remarks>
    public int EndCalls(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var count = 0;
        foreach (var call in _running.All.Where(call => call.Id == id).ToList())
        {
            _running.End(call, EndedByOperator());
            _clocks.EndAllOf(call);
            call.StopWaiting();
            LogEnded(call.Id, call.Caller.Id);
            count++;
        }

        return count;
    }

    private static CallError EndedByOperator() => new(
        CallErrorKind.EndedByOperator,
        "The gateway's operator has ended this request before its answer was complete. Ask them why before you send it again.");

    [LoggerMessage(3, LogLevel.Warning, "Call {RequestId} of {Caller} was ended by an operator")]
    private partial void LogEnded(string requestId, string caller);
}

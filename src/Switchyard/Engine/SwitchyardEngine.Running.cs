using Microsoft.Extensions.Logging;
using Switchyard.Calls;

namespace Switchyard.Engine;

/// <content>The running calls.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>The time of the engine's creation.</summary>
    internal DateTimeOffset Created { get; }

    /// <summary>The number of running calls.</summary>
    public int RunningCount => _running.All.Count();

    /// <summary>The running calls, the oldest first, streams that are being read included.</summary>
    /// <remarks>At most 65,536 are listed; further calls run unlisted.</remarks>
    public IReadOnlyList<RunningCall> ListRunning() =>
        [.. _running.All.Select(RunningCall.Of).OrderByDescending(call => call.Age).ThenBy(call => call.Id, StringComparer.Ordinal)];

    /// <summary>
    /// Ends the calls of an id: each client gets an error in its own format, even in the middle of a stream, and the usage until then is
    /// counted and paid. Other clients that wait for the same answer make their own call, unless they are already receiving it.
    /// </summary>
    /// <param name="id">The id of <see cref="RunningCall.Id"/>.</param>
    /// <returns>The number of ended calls; 0 if none with that id is running.</returns>
    /// <remarks>A provider in this process that ignores its cancellation ends at its own time.</remarks>
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

using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Experiments;
using Switchyard.Pipeline;

namespace Switchyard.Shadowing;

/// <summary>
/// Runs copies of calls: each is a separate call, with its own attempts and record, whose answer is read to its end and
/// discarded. Thread-safe.
/// </summary>
internal sealed partial class ShadowRunner(ILogger<ShadowRunner> logger) : IDisposable
{
    /// <summary>The largest request that is copied. With the number of concurrent copies it bounds the memory of all.</summary>
    public const int MaxBytes = 1024 * 1024;

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Starts a copy of a call, on another thread.</summary>
    /// <returns>False if it is not copied, because of the shadow's caps, its size, or the end of the configuration or the
    /// program.</returns>
    public bool TryBegin(ModelCall call, PlannedShadow shadow, CallHandler attempts)
    {
        // A configuration that was replaced while the client's call ran accepts no more calls; the shadow continues in the next one.
        if (_stopping.IsCancellationRequested || call.Snapshot.Routes.FindTarget(shadow.Options.Target) is not { } target
            || !call.Snapshot.InFlight.TryEnter())
            return false;
        if (TryCopy(call, shadow) is not { } body)
        {
            call.Snapshot.InFlight.Leave();
            return false;
        }

        var request = new CallRequest(call.Envelope, body)
        {
            Caller = call.Caller,
            Trace = call.Trace,
            Tenant = call.Tenant,
            Tag = call.Tag,
            Session = call.Session,
            Strict = call.Strict,
            Hops = call.Hops,
            ShadowOf = call.Id,
        };
        var copy = new ModelCall(request, call.Snapshot, holdsSnapshot: true, call.Time, _stopping.Token)
        {
            Route = target.TriedOnceAs(call.Route!.Alias),
            // The body may have been replaced, and then has no format.
            ClientDialect = call.ClientDialect,
        };
        ExperimentOutcomes.ExpectSide(copy, shadow.State.Variants[1]);
        LogBegun(copy.Id, call.Id, LogText.Escape(shadow.Options.Target));
        ThreadPool.UnsafeQueueUserWorkItem(
            static begun => _ = begun.Runner.RunAsync(begun.Copy, begun.Gate, begun.Attempts),
            (Runner: this, Copy: copy, shadow.Gate, Attempts: attempts),
            preferLocal: false);
        return true;
    }

    /// <summary>Ends every copy, and starts no more. For an engine that is being disposed.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    private static CallBody? TryCopy(ModelCall call, PlannedShadow shadow)
    {
        if (!shadow.Gate.TryEnter(shadow.Options.Concurrency, shadow.Options.MaxPerMinute))
            return null;
        if (call.Body.TryCopy(MaxBytes) is { } body)
            return body;
        shadow.Gate.LeaveUnused();
        return null;
    }

    private async Task RunAsync(ModelCall copy, ShadowGate gate, CallHandler attempts)
    {
        try
        {
            var response = await Completion.RunAsync(copy, attempts).ConfigureAwait(false);
            await using var ended = response.ConfigureAwait(false);
            copy.Commit();
            await ReadAsync(response).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The copy has no caller, so the failure is only reported here.
            LogBroken(e, copy.Id, copy.ShadowOf!);
        }
        finally
        {
            gate.Leave();
        }
    }

    private static async ValueTask ReadAsync(CallResponse response)
    {
        switch (response)
        {
            case ForwardedResponse { Error: null } forwarded:
                while (!(await forwarded.ReadAsync().ConfigureAwait(false)).IsEmpty)
                {
                    // The bytes are discarded; the probe has counted their tokens.
                }

                break;
            case UpdatesResponse { Error: null } updates:
                while (await updates.ReadAsync().ConfigureAwait(false) is not null)
                {
                    // As above.
                }

                break;
        }
    }

    [LoggerMessage(2, LogLevel.Debug, "Call {RequestId} is a copy of {Original} for the shadow {Target}")]
    private partial void LogBegun(string requestId, string original, string target);

    [LoggerMessage(1, LogLevel.Warning, "Call {RequestId}, a shadow's copy of {Original}, broke off; its client was not affected")]
    private partial void LogBroken(Exception cause, string requestId, string original);
}

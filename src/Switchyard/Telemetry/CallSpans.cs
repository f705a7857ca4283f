using System.Diagnostics;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Telemetry;

/// <summary>
/// The spans of a call: one for the call, and below it one for each attempt. None is created without a listener of the source
/// <c>Switchyard</c>. They contain no content of requests and answers. Thread-safe.
/// </summary>
internal sealed class CallSpans : IDisposable
{
    private static readonly SlotKey<Activity> s_slot = new();

    private readonly ActivitySource _source = new(TelemetryNames.Source);

    /// <summary>Whether there is a listener.</summary>
    public bool IsHeard => _source.HasListeners();

    /// <summary>
    /// Begins the call's span and makes it the current one: below the host's span if that is part of the client's trace, else below the
    /// client's own (<c>traceparent</c>).
    /// </summary>
    public void Begin(ModelCall call)
    {
        var envelope = call.Envelope;
        var kind = call.ClientDialect == DialectId.Canonical ? ActivityKind.Internal : ActivityKind.Server;
        var span = _source.StartActivity(
            $"{OperationNames.GenAI(OperationNames.Label(envelope.Operation))} {ModelNames.Shown(envelope.Model)}",
            kind,
            ParentOf(call),
            [new("request.id", call.Id), new("request.model", ModelNames.Shown(envelope.Model))]);
        if (span is null)
            return;
        call.Set(s_slot, span);
        span.SetTag("switchyard.operation", OperationNames.Label(envelope.Operation));
        span.SetTag("switchyard.stream", envelope.Stream);
        span.SetTag("switchyard.key", call.Caller.Id);
        span.SetTag("switchyard.tenant", call.Tenant);
    }

    /// <summary>Begins an attempt's span and makes it current, so that the provider receives it as the parent of its own span.</summary>
    public void Begin(ModelCall call, Attempt attempt)
    {
        var (deployment, envelope) = (attempt.Deployment, call.Envelope);
        var span = _source.StartActivity(
            $"{deployment.Provider}.{OperationNames.Span(envelope.Operation)}",
            ActivityKind.Client,
            ParentOf(call, call.Get(s_slot)),
            [
                new("gen_ai.operation.name", OperationNames.GenAI(OperationNames.Label(envelope.Operation))),
                new("gen_ai.provider.name", deployment.Provider),
                new("gen_ai.request.model", deployment.Model),
            ]);
        if (span is null)
            return;
        attempt.Span = span;
        span.SetTag("provider.name", deployment.Provider);
        span.SetTag("request.id", call.Id);
        span.SetTag("request.model", deployment.Model);
        span.SetTag("gen_ai.request.stream", envelope.Stream);
        if (envelope.MaxOutputTokens is { } most)
            span.SetTag("gen_ai.request.max_tokens", most);
        span.SetTag("switchyard.attempt", call.AttemptCount);
        span.SetTag("switchyard.credential", deployment.Credential);
    }

    /// <summary>Adds the answer's id, model and finish reason to the span, if it was decoded.</summary>
    public static void Answered(Attempt attempt, CallResponse response)
    {
        if (attempt.Span is not { IsAllDataRequested: true } span
            || response is not AnswerResponse { Answer: CanonicalChatAnswer { Response: var answer } })
        {
            return;
        }

        span.SetTag("gen_ai.response.id", answer.ResponseId);
        span.SetTag("gen_ai.response.model", answer.ModelId);
        if (answer.FinishReason is { } reason)
            span.SetTag("gen_ai.response.finish_reasons", (string[])[reason.Value]);
    }

    /// <summary>Ends the span of an attempt that has ended.</summary>
    public static void End(Attempt attempt)
    {
        if (attempt.Span is not { } span)
            return;
        if (span.IsAllDataRequested)
        {
            var usage = attempt.Usage;
            span.SetTag("switchyard.egress.mode", attempt.Mode == EgressMode.Forward ? "forward" : "translate");
            span.SetTag("switchyard.outcome", attempt.Outcome.ToString());
            SetCount(span, "gen_ai.usage.input_tokens", usage.Input);
            SetCount(span, "gen_ai.usage.output_tokens", usage.Output);
            SetCount(span, "gen_ai.usage.cache_read.input_tokens", usage.CacheRead);
            SetCount(span, "gen_ai.usage.cache_creation.input_tokens", usage.CacheWrite);
            SetCount(span, "gen_ai.usage.reasoning.output_tokens", usage.Reasoning);
            SetError(span, attempt.Error);
        }

        Stop(span);
    }

    /// <summary>Ends the span of a call that has ended.</summary>
    public static void End(ModelCall call, CallResponse response, CallOutcome outcome)
    {
        if (call.Get(s_slot) is not { } span)
            return;
        if (span.IsAllDataRequested)
        {
            span.SetTag("switchyard.outcome", outcome.ToString());
            span.SetTag("switchyard.attempts", call.AttemptCount);
            span.SetTag("switchyard.provider", call.Cache?.Source?.Provider ?? call.Attempt?.Deployment.Provider);
            span.SetTag("switchyard.model", call.Cache?.Source?.Model ?? call.Attempt?.Deployment.Model);
            span.SetTag("switchyard.cache", call.Cache?.Word);
            span.SetTag("switchyard.config", call.Snapshot.Generation);
            SetError(span, response.Error);
        }

        Stop(span);
    }

    public void Dispose() => _source.Dispose();

    /// <summary>The parent of an attempt's span: the default, the current span, if that is the call's or below it.</summary>
    private static ActivityContext ParentOf(ModelCall call, Activity? above)
    {
        if (above is null)
            return ParentOf(call);
        for (var current = Activity.Current; current is not null; current = current.Parent)
        {
            if (ReferenceEquals(current, above))
                return default;
        }

        // Begun while the answer is read, to continue one that broke off.
        return above.Context;
    }

    /// <summary>The parent of a call's span: the default, the current span, if that is of the same trace.</summary>
    private static ActivityContext ParentOf(ModelCall call)
    {
        var trace = call.Trace?.TraceId;
        if (trace is null || Activity.Current?.TraceId.ToHexString() == trace)
            return default;
        return ActivityContext.TryParse(call.Trace!.Parent, call.Trace.State, isRemote: true, out var parent) ? parent : default;
    }

    private static void SetCount(Activity span, string name, long? count)
    {
        if (count is { } known)
            span.SetTag(name, known);
    }

    /// <summary>Sets an error by its code and status. Its message may quote the request, so only the log has it.</summary>
    private static void SetError(Activity span, CallError? error)
    {
        if (error is null)
            return;
        span.SetTag("error.type", SeriesStore.CodeOf(error));
        if (error.UpstreamStatus is { } status)
            span.SetTag("http.response.status_code", status);
        if (error.Kind != CallErrorKind.Canceled)
            span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>Stops a span at the end of reading its answer, which is not where it began: the current activity is kept.</summary>
    private static void Stop(Activity span)
    {
        var current = Activity.Current;
        span.Stop();
        Activity.Current = ReferenceEquals(current, span) ? null : current;
    }
}

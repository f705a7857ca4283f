using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Engine;

namespace Switchyard.Client.Media;

/// <summary>
/// Runs requests for images and audio, which have no canonical form: they are written in OpenAI's format and forwarded like those of a
/// client over HTTP. Thread-safe.
/// </summary>
internal sealed class MediaCalls(SwitchyardEngine engine, ModelChoice models)
{
    private static readonly IIngressDialect s_format = BuiltInDialects.Set.Ingress(DialectId.OpenAIChat);

    /// <summary>The model that a request without one is for, and the provider of the client.</summary>
    public ModelChoice Models => models;

    /// <summary>Runs a request whose body is JSON.</summary>
    /// <exception cref="CallException">The call failed, or the request is invalid.</exception>
    public async ValueTask<ForwardedResponse> RunAsync(
        CallOperation operation, MediaFields fields, CallMetadata metadata, CancellationToken cancellationToken)
    {
        fields.Check(metadata.Strict || engine.Snapshot.Strict);
        var bytes = fields.ToJson();
        try
        {
            var envelope = s_format.ReadEnvelope(new IngressRequest(operation), bytes.Memory.Span) with { Provider = models.Provider };
            var request = metadata.Of(envelope, CallBody.FromWire(s_format, envelope, bytes));
            return await RunAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            bytes.Release();
        }
    }

    /// <summary>Runs a request whose body is a form.</summary>
    /// <exception cref="CallException">The call failed.</exception>
    public ValueTask<ForwardedResponse> RunAsync(
        CallOperation operation, FormBody form, MediaFields fields, CallMetadata metadata, CancellationToken cancellationToken)
    {
        fields.Check(metadata.Strict || engine.Snapshot.Strict);
        var read = new IngressRequest(operation) { Model = fields.Model };
        var envelope = s_format.ReadFormEnvelope(read, [.. fields.Texts]) with { Provider = models.Provider };
        return RunAsync(metadata.Of(envelope, CallBody.FromStream(s_format, form)), cancellationToken);
    }

    /// <summary>Reads an answer to its end.</summary>
    /// <exception cref="CallException">It broke off.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(ForwardedResponse response, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        response.Call.Commit();
        while (await response.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } bytes)
            body.Write(bytes.Span);
        return response.Error is { } error ? throw CallErrorMapping.ToException(error, cancellationToken) : body.WrittenMemory;
    }

    /// <summary>The facts of a call, the options that were not sent among those dropped.</summary>
    public static void WriteFacts(ForwardedResponse response, MediaFields fields, AdditionalPropertiesDictionary facts)
    {
        AnswerFacts.Write(response.Call, facts);
        if (fields.Losses.IsEmpty)
            return;
        var dropped = facts.TryGetValue(AnswerFacts.Dropped, out string[]? others) ? others : [];
        facts[AnswerFacts.Dropped] = dropped.Concat(fields.Losses.Fields).ToArray();
    }

    /// <summary>The error of an answer that is not one.</summary>
    public static CallException Malformed(ForwardedResponse response, string what, Exception? cause = null)
    {
        var provider = response.Call.Attempt?.Deployment.Provider;
        return new(new CallError(CallErrorKind.UpstreamUnavailable, $"{provider} {what}.") { Provider = provider, Cause = cause });
    }

    /// <summary>Reads the usage of answers; one probe belongs to one answer.</summary>
    public static IAnswerProbe Probe(CallOperation operation) => BuiltInDialects.Set.Egress(DialectId.OpenAIChat).CreateProbe(operation);

    private async ValueTask<ForwardedResponse> RunAsync(CallRequest request, CancellationToken cancellationToken)
    {
        var response = await engine.RunAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Error is null)
            return (ForwardedResponse)response;
        await response.DisposeAsync().ConfigureAwait(false);
        throw CallErrorMapping.ToException(response.Error, cancellationToken);
    }
}

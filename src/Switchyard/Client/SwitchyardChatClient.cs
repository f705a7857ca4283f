using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Engine;

namespace Switchyard.Client;

/// <summary>
/// The engine as an <see cref="IChatClient"/>, with the same pipeline as the gateway. The first call starts the engine. Thread-safe.
/// </summary>
/// <param name="engine">The engine; not disposed with the client.</param>
/// <param name="defaultModel">
/// The model of a request without <c>ChatOptions.ModelId</c>: an alias, <c>provider/model</c>, a bare model name, or a provider, which then
/// gets every request; null takes the engine's default.
/// </param>
public sealed class SwitchyardChatClient(SwitchyardEngine engine, string? defaultModel = null) : IChatClient
{
    private readonly ModelChoice _models = new(engine, null, defaultModel, nameof(ChatOptions));

    /// <summary>A client of one provider.</summary>
    internal SwitchyardChatClient(SwitchyardEngine engine, string provider, string defaultModel)
        : this(engine, defaultModel) => _models = new(engine, provider, defaultModel, nameof(ChatOptions));

    /// <inheritdoc/>
    /// <exception cref="CallException">The call failed; the reason is in <see cref="CallException.Error"/>.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var response = await engine.RunAsync(Request(messages, options, stream: false), cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        if (response.Error is { } error)
            throw CallErrorMapping.ToException(error, cancellationToken);
        var answer = ((CanonicalChatAnswer)((AnswerResponse)response).Answer).Response;
        answer.ModelId ??= ModelOf(response);
        answer.ResponseId ??= response.Call.Id;
        AnswerFacts.Write(response.Call, answer.AdditionalProperties ??= []);
        return answer;
    }

    /// <inheritdoc/>
    /// <exception cref="CallException">The call failed, or broke off; the reason is in <see cref="CallException.Error"/>.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var response = await engine.RunAsync(Request(messages, options, stream: true), cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        if (response.Error is { } refused)
            throw CallErrorMapping.ToException(refused, cancellationToken);

        var updates = (UpdatesResponse)response;
        var (first, answering) = (true, response.Call.Attempt);
        while (await updates.ReadAsync().ConfigureAwait(false) is { } update)
        {
            if (!WholeToolCalls.Keep(update))
                continue;
            TextSignatures.Repeat(update);
            if (first)
                AnswerFacts.Write(response.Call, update.AdditionalProperties ??= []);
            else if (response.Call.Attempt != answering)
                (update.AdditionalProperties ??= [])[AnswerFacts.Continued] = $"{(answering = response.Call.Attempt)!.Deployment}";
            first = false;
            update.ModelId ??= ModelOf(response);
            // Some formats have none; the call's own is also in the log and the ledger.
            update.ResponseId ??= response.Call.Id;
            response.Call.Commit();
            yield return update;
        }

        if (response.Error is { } broken)
            throw CallErrorMapping.ToException(broken, cancellationToken);
    }

    /// <summary>Drops the kept answers to a request, whole and streamed, for all callers: a provider answers the next such
    /// request.</summary>
    /// <returns>True if there was an answer to drop.</returns>
    public async Task<bool> InvalidateAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        return engine.Cache.Invalidate(Request(messages, options, stream: false));
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _models.FindService(
            this, serviceType, serviceKey, static model => new ChatClientMetadata(ModelChoice.ClientName, null, model));

    /// <summary>Does nothing: the engine is disposed by its container.</summary>
    public void Dispose()
    {
    }

    /// <summary>The model that was called, for an answer that names none: some formats have no member for it.</summary>
    private static string? ModelOf(CallResponse response) =>
        response.Call.Attempt?.Deployment.Model is { Length: > 0 } model ? model : null;

    private CallRequest Request(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var own = options?.Clone() ?? new ChatOptions();
        CallOptions.Check(own);
        var metadata = new CallMetadata(own.AdditionalProperties);
        var turns = StoredMarks.Revive(messages);
        var request = new CanonicalChatRequest(turns, own)
        {
            Stream = stream,
            Raw = options?.RawRepresentationFactory is { } factory ? () => factory(this) : null,
        };
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = _models.Of(options?.ModelId),
            Provider = _models.Provider,
            Stream = stream,
            IncludeUsage = stream,
            MaxOutputTokens = options?.MaxOutputTokens,
            ContinuedId = options?.ConversationId,
            ServiceTier = ServiceTiers.In(own.AdditionalProperties),
        };
        return metadata.Of(envelope, CallBody.FromCanonical(request)) with { IdempotencyKey = metadata.KeyOfRound(turns) };
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Engine;

namespace Switchyard.Client.Media;

/// <summary>
/// The engine as a client for speech, with the same pipeline as the gateway. Requests are forwarded to providers of OpenAI's format that
/// speak. Thread-safe.
/// </summary>
/// <param name="engine">The engine; not disposed with the client.</param>
/// <param name="defaultModel">The model of a request without a model; null takes the engine's default.</param>
[Experimental("MEAI001")]
public sealed class SwitchyardTextToSpeechClient(SwitchyardEngine engine, string? defaultModel = null) : ITextToSpeechClient
{
    private readonly MediaCalls _calls = new(engine, new ModelChoice(engine, null, defaultModel, nameof(TextToSpeechOptions)));

    /// <summary>A client of one provider.</summary>
    internal SwitchyardTextToSpeechClient(SwitchyardEngine engine, string provider, string defaultModel)
        : this(engine, defaultModel) => _calls = new(engine, new(engine, provider, defaultModel, nameof(TextToSpeechOptions)));

    /// <inheritdoc/>
    /// <exception cref="CallException">The call failed; the reason is in <see cref="CallException.Error"/>.</exception>
    public async Task<TextToSpeechResponse> GetAudioAsync(
        string text, TextToSpeechOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (response, fields) = await OpenAsync(text, options, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        var audio = await MediaCalls.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        var answer = new TextToSpeechResponse([new DataContent(audio, MediaTypeOf(response))]) { ModelId = ModelOf(response) };
        MediaCalls.WriteFacts(response, fields, answer.AdditionalProperties ??= []);
        return answer;
    }

    /// <inheritdoc/>
    /// <remarks>The audio arrives in pieces of any size, while the provider makes it.</remarks>
    /// <exception cref="CallException">The call failed, or broke off; the reason is in <see cref="CallException.Error"/>.</exception>
    public async IAsyncEnumerable<TextToSpeechResponseUpdate> GetStreamingAudioAsync(
        string text,
        TextToSpeechOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (response, fields) = await OpenAsync(text, options, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        response.Call.Commit();
        var (first, type) = (true, MediaTypeOf(response));
        while (await response.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } bytes)
        {
            var update = new TextToSpeechResponseUpdate([new DataContent(bytes.ToArray(), type)])
            {
                Kind = TextToSpeechResponseUpdateKind.AudioUpdating,
                ModelId = ModelOf(response),
            };
            if (first)
                MediaCalls.WriteFacts(response, fields, update.AdditionalProperties ??= []);
            first = false;
            yield return update;
        }

        if (response.Error is { } error)
            throw CallErrorMapping.ToException(error, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _calls.Models.FindService(
            this, serviceType, serviceKey, static model => new TextToSpeechClientMetadata(ModelChoice.ClientName, null, model));

    /// <summary>Does nothing: the engine is disposed by its container.</summary>
    public void Dispose()
    {
    }

    private async ValueTask<(ForwardedResponse Response, MediaFields Fields)> OpenAsync(
        string text, TextToSpeechOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var own = options?.Clone() ?? new TextToSpeechOptions();
        var metadata = new CallMetadata(own.AdditionalProperties);
        var fields = new MediaFields(_calls.Models.Of(own.ModelId));
        fields.Add("input", text);
        fields.Add("voice", own.VoiceId);
        fields.Add("response_format", own.AudioFormat is { } format && format.Contains('/', StringComparison.Ordinal)
            ? MediaKinds.AudioFormatOf(format)
            : own.AudioFormat);
        fields.Add("speed", own.Speed);
        fields.Lose(nameof(own.Language), own.Language is not null);
        fields.Lose(nameof(own.Pitch), own.Pitch is not null);
        fields.Lose(nameof(own.Volume), own.Volume is not null);
        fields.AddFurther(
            own.AdditionalProperties, own.RawRepresentationFactory,
            options?.RawRepresentationFactory is { } factory ? () => factory(this) : null);
        return (await _calls.RunAsync(CallOperation.Speech, fields, metadata, cancellationToken).ConfigureAwait(false), fields);
    }

    private static string MediaTypeOf(ForwardedResponse response) =>
        MediaKinds.Registered(response.ContentType) is var type && MediaTypeHeaderValue.TryParse(type, out _)
            ? type
            : "application/octet-stream";

    private static string? ModelOf(ForwardedResponse response) => response.Call.Attempt?.Deployment.Model;
}

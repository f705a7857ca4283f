using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Engine;

namespace Switchyard.Client.Media;

/// <summary>
/// The engine as a client for transcripts, with the same pipeline as the gateway. Requests are forwarded to providers of OpenAI's format
/// that transcribe. Thread-safe.
/// </summary>
/// <param name="engine">The engine; not disposed with the client.</param>
/// <param name="defaultModel">The model of a request without a model; null takes the engine's default.</param>
[Experimental("MEAI001")]
public sealed class SwitchyardSpeechToTextClient(SwitchyardEngine engine, string? defaultModel = null) : ISpeechToTextClient
{
    private readonly MediaCalls _calls = new(engine, new ModelChoice(engine, null, defaultModel, nameof(SpeechToTextOptions)));

    /// <summary>A client of one provider.</summary>
    internal SwitchyardSpeechToTextClient(SwitchyardEngine engine, string provider, string defaultModel)
        : this(engine, defaultModel) => _calls = new(engine, new(engine, provider, defaultModel, nameof(SpeechToTextOptions)));

    /// <inheritdoc/>
    /// <remarks>The audio is read to its end before it is sent, so that another target can be tried.</remarks>
    /// <exception cref="CallException">The call failed; the reason is in <see cref="CallException.Error"/>.</exception>
    public async Task<SpeechToTextResponse> GetTextAsync(
        Stream audioSpeechStream, SpeechToTextOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (response, fields) = await OpenAsync(audioSpeechStream, options, stream: false, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        var reader = new TranscriptReader(response);
        var text = await reader.ReadWholeAsync(cancellationToken).ConfigureAwait(false);
        MediaCalls.WriteFacts(response, fields, text.AdditionalProperties ??= []);
        return text;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A provider that does not stream transcripts sends the whole text in one update. The audio is read to its end before it is sent.
    /// </remarks>
    /// <exception cref="CallException">The call failed, or broke off; the reason is in <see cref="CallException.Error"/>.</exception>
    public async IAsyncEnumerable<SpeechToTextResponseUpdate> GetStreamingTextAsync(
        Stream audioSpeechStream,
        SpeechToTextOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (response, fields) = await OpenAsync(audioSpeechStream, options, stream: true, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        var first = true;
        await foreach (var update in new TranscriptReader(response).ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (first)
                MediaCalls.WriteFacts(response, fields, update.AdditionalProperties ??= []);
            first = false;
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _calls.Models.FindService(
            this, serviceType, serviceKey, static model => new SpeechToTextClientMetadata(ModelChoice.ClientName, null, model));

    /// <summary>Does nothing: the engine is disposed by its container.</summary>
    public void Dispose()
    {
    }

    private async ValueTask<(ForwardedResponse Response, MediaFields Fields)> OpenAsync(
        Stream audio, SpeechToTextOptions? options, bool stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(audio);
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var own = options?.Clone() ?? new SpeechToTextOptions();
        var metadata = new CallMetadata(own.AdditionalProperties);
        var operation = OperationOf(own);
        var translates = operation == CallOperation.AudioTranslation;
        // Translations are not streamed by any server.
        var fields = new MediaFields(_calls.Models.Of(own.ModelId)) { Stream = stream && !translates };
        fields.Add("language", translates ? null : own.SpeechLanguage);
        fields.Lose(nameof(own.SpeechLanguage), translates && own.SpeechLanguage is not null);
        fields.Lose(nameof(own.SpeechSampleRate), own.SpeechSampleRate is not null);
        fields.AddFurther(
            own.AdditionalProperties, own.RawRepresentationFactory,
            options?.RawRepresentationFactory is { } factory ? () => factory(this) : null);
        var form = new FormBody(fields.Texts, [await FileOfAsync(audio, cancellationToken).ConfigureAwait(false)]);
        return (await _calls.RunAsync(operation, form, fields, metadata, cancellationToken).ConfigureAwait(false), fields);
    }

    /// <summary>A text in another language than the speech is a translation, which this format has for English alone.</summary>
    private static CallOperation OperationOf(SpeechToTextOptions options)
    {
        if (options.TextLanguage is not { } language || string.Equals(language, options.SpeechLanguage, StringComparison.OrdinalIgnoreCase))
            return CallOperation.Transcription;
        return language.Split('-')[0].Equals("en", StringComparison.OrdinalIgnoreCase)
            ? CallOperation.AudioTranslation
            : throw new CallException(
                CallErrorKind.InvalidRequest,
                $"Speech can be translated to English only, not to '{language}'. Omit TextLanguage, and translate the text with a chat.",
                nameof(options.TextLanguage));
    }

    /// <summary>The audio as a file, whose name tells its type: servers read that from the extension.</summary>
    private static async ValueTask<FormFile> FileOfAsync(Stream audio, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await audio.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        var bytes = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        // A stream of a handle has no name of a file.
        var name = audio is FileStream file && Path.HasExtension(file.Name) ? Path.GetFileName(file.Name) : null;
        // Audio without a magic number is most often an MP3.
        var type = MediaKinds.OfName(name) ?? MediaKinds.OfRecording(bytes.Span) ?? "audio/mpeg";
        return new FormFile("file", name ?? $"audio.{MediaKinds.AudioFormatOf(type)}", type, bytes);
    }
}

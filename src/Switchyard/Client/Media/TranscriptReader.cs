using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;

namespace Switchyard.Client.Media;

/// <summary>
/// Reads a transcript: JSON, text of another format (<c>srt</c>, <c>vtt</c>), or a stream of events. Not thread-safe: it belongs to one
/// answer.
/// </summary>
[Experimental("MEAI001")]
internal sealed class TranscriptReader(ForwardedResponse response)
{
    private readonly SseFrameReader _events = new();
    private readonly IAnswerProbe _probe = MediaCalls.Probe(CallOperation.Transcription);
    private readonly Queue<SpeechToTextResponseUpdate> _pieces = new();
    private bool _hasText;

    /// <summary>Reads a transcript that was not asked for as a stream.</summary>
    /// <exception cref="CallException">It broke off.</exception>
    public async ValueTask<SpeechToTextResponse> ReadWholeAsync(CancellationToken cancellationToken)
    {
        if (response.IsStream)
            return await ReadAsync(cancellationToken).ToSpeechToTextResponseAsync(cancellationToken).ConfigureAwait(false);
        var body = await MediaCalls.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        if (Parse(body.Span) is not { } json)
            return new SpeechToTextResponse(Encoding.UTF8.GetString(body.Span)) { ModelId = Model };
        _probe.ObserveBody(body.Span);
        return new SpeechToTextResponse(json.Text("text") ?? "")
        {
            ModelId = Model,
            RawRepresentation = json,
            EndTime = SecondsOf(json, "duration"),
            StartTime = SecondsOf(json, "duration") is null ? null : TimeSpan.Zero,
            Usage = _probe.Usage.IsEmpty ? null : _probe.Usage.ToUsageDetails(),
        };
    }

    /// <summary>Reads a transcript as updates; one that is not a stream is one update.</summary>
    /// <exception cref="CallException">It broke off.</exception>
    public async IAsyncEnumerable<SpeechToTextResponseUpdate> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!response.IsStream)
        {
            foreach (var update in (await ReadWholeAsync(cancellationToken).ConfigureAwait(false)).ToSpeechToTextResponseUpdates())
                yield return update;
            yield break;
        }

        response.Call.Commit();
        while (await response.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } bytes)
        {
            Take(bytes);
            while (_pieces.TryDequeue(out var piece))
                yield return piece;
        }

        TakeRest();
        while (_pieces.TryDequeue(out var piece))
            yield return piece;
        if (response.Error is { } error)
            throw CallErrorMapping.ToException(error, cancellationToken);
        List<AIContent> last = _probe.Usage.IsEmpty ? [] : [new UsageContent(_probe.Usage.ToUsageDetails())];
        yield return new SpeechToTextResponseUpdate(last)
        {
            Kind = SpeechToTextResponseUpdateKind.SessionClose,
            ModelId = Model,
        };
    }

    private void Take(ReadOnlyMemory<byte> bytes)
    {
        _events.Feed(bytes);
        while (_events.TryRead(out var frame))
            Take(frame);
    }

    /// <summary>Takes an event that no blank line ended.</summary>
    private void TakeRest()
    {
        if (_events.Finish(out var frame))
            Take(frame);
    }

    private void Take(StreamFrame frame)
    {
        _probe.Observe(frame);
        if (UpdateOf(frame.Data) is not { } piece)
            return;
        _hasText = true;
        _pieces.Enqueue(piece);
    }

    private string? Model => response.Call.Attempt?.Deployment.Model;

    /// <summary>A piece of the text: of an event of transcripts, or of a chunk of a chat, which some servers send instead.</summary>
    private SpeechToTextResponseUpdate? UpdateOf(ReadOnlySpan<byte> data)
    {
        if (Parse(data) is not { } json)
            return null;
        // The last event repeats the text; a server that sends no pieces sends only this.
        var text = json.Text("delta") ?? (_hasText || json.Text("type") != "transcript.text.done" ? null : json.Text("text"));
        if (text is null && json.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array
            && choices.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } choice
            && choice.TryGetProperty("delta", out var delta))
        {
            text = delta.Text("content");
        }

        return string.IsNullOrEmpty(text) ? null : new SpeechToTextResponseUpdate(text)
        {
            Kind = SpeechToTextResponseUpdateKind.TextUpdated,
            ModelId = Model,
            RawRepresentation = json,
        };
    }

    /// <summary>An object; null for any other text, which may begin with a brace, too.</summary>
    private static JsonElement? Parse(ReadOnlySpan<byte> body) =>
        WireJson.WithoutMark(body).TrimStart(" \t\r\n"u8).StartsWith("{"u8) && WireJson.TryParse(body, out var json, out _) ? json : null;

    private static TimeSpan? SecondsOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds)
            && seconds is >= 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;
}

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Plain;

/// <summary>
/// Streams <c>{"delta":…,"done":false}</c> and at the end <c>{"delta":"","done":true,…}</c> with the other members of a whole answer.
/// </summary>
internal sealed class StreamEncoder(AnswerContext context) : IStreamEncoder
{
    /// <summary>Text goes out as it is: the body is JSON, never HTML.</summary>
    public static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly AnswerLosses _losses = new(context, DialectId.Plain);
    private string? _model;
    private ChatFinishReason? _finish;
    private TokenUsage _usage;

    public void Encode(ChatResponseUpdate update, IBufferWriter<byte> output)
    {
        _model = update.ModelId ?? _model;
        if (_losses.LeavesOut(update.AdditionalProperties))
            return;
        _finish = update.FinishReason ?? _finish;
        var text = default(JoinedText);
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
                _usage = _usage.UpdatedBy(TokenUsage.From(usage.Details));
            if (_losses.Take(content, PlainDialect.Holds(content), holdsCitation: null) is TextContent said)
                text.Add(said.Text);
        }

        _losses.TakeMembers(update.AdditionalProperties, isCited: false, holdsLogProbs: false);
        if (text.ToString() is { Length: > 0 } delta)
            WriteEvent(output, delta, done: false);
    }

    public void Complete(IBufferWriter<byte> output)
    {
        _losses.WriteComment(output);
        WriteEvent(output, "", done: true);
    }

    public void Fail(CallError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("error", error.Message);
            json.WriteString("code", error.WireCode);
            json.WriteBoolean("done", true);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    private void WriteEvent(IBufferWriter<byte> output, string delta, bool done)
    {
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("delta", delta);
            json.WriteBoolean("done", done);
            if (done)
                PlainDialect.WriteFacts(json, context, _model, _finish, _usage);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }
}

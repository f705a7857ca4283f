using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Plain;

/// <summary>
/// The gateway's own short form, for scripts and first tries: <c>provider</c>, <c>model</c> and <c>messages</c> in; <c>output</c>,
/// <c>provider</c>, <c>model</c>, <c>usage</c>, <c>warnings</c> and <c>traceId</c> out. Every other request field is one of OpenAI chat's.
/// </summary>
/// <param name="chat">Reads the fields both forms share.</param>
internal sealed class PlainDialect(IRequestDecoder chat) : IIngressDialect
{
    /// <inheritdoc/>
    public DialectId Id => DialectId.Plain;

    /// <inheritdoc/>
    public CallEnvelope ReadEnvelope(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeReader.Read(request, body);

    /// <inheritdoc/>
    public CanonicalRequest DecodeRequest(CallEnvelope envelope, ReadOnlyMemory<byte> body)
    {
        var request = (CanonicalChatRequest)chat.DecodeRequest(envelope, EnvelopeReader.WithModel(body));
        request.Options.AdditionalProperties?.Remove(EnvelopeReader.ProviderField);
        return request;
    }

    /// <inheritdoc/>
    public void EncodeAnswer(CanonicalAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(context);
        var response = ((CanonicalChatAnswer)answer).Response;
        using var json = new Utf8JsonWriter(output, StreamEncoder.JsonOptions);
        json.WriteStartObject();
        var held = new AnswerLosses(context, Id).TakeOneChoice(response, Holds, holdsCitation: null, holdsLogProbs: false);
        json.WriteString("output", string.Concat(held.OfType<TextContent>().Select(text => text.Text)).Trim());
        WriteFacts(json, context, response.ModelId, response.FinishReason, answer.Usage);
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public IStreamEncoder CreateStreamEncoder(AnswerContext context) => new StreamEncoder(context);

    /// <inheritdoc/>
    public void EncodeError(CallError error, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(error);
        using var json = new Utf8JsonWriter(output, StreamEncoder.JsonOptions);
        json.WriteStartObject();
        json.WriteString("error", error.Message);
        json.WriteString("code", error.WireCode);
        FailedAttempts.Write(json, error);
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public void EncodeStreamError(CallError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        EncodeError(error, output);
        output.Write("\n\n"u8);
    }

    /// <summary>Whether the content is written: this form holds text alone.</summary>
    internal static bool Holds(AIContent content) => content is TextContent or UsageContent or ToolCallFragment;

    internal static void WriteFacts(Utf8JsonWriter json, AnswerContext context, string? model, ChatFinishReason? finish, TokenUsage usage)
    {
        json.WriteString("provider", context.Provider);
        json.WriteString("model", model ?? context.Model);
        json.WriteString("finishReason", (finish ?? ChatFinishReason.Stop).Value);
        WriteUsage(json, usage);
        WriteWarnings(json, context);
        json.WriteString("traceId", context.RequestId);
    }

    /// <summary>Writes the counts that the provider reported. A missing count is left out: 0 would mean that it cost nothing.</summary>
    private static void WriteUsage(Utf8JsonWriter json, TokenUsage usage)
    {
        if (usage.Total is null)
            return;
        json.WriteStartObject("usage");
        Write("promptTokens", usage.Input);
        Write("completionTokens", usage.Output);
        Write("totalTokens", usage.Total);
        json.WriteEndObject();

        void Write(string name, long? count)
        {
            if (count is { } known)
                json.WriteNumber(name, known);
        }
    }

    /// <summary>Writes what was lost and which targets failed before this one answered, if anything.</summary>
    private static void WriteWarnings(Utf8JsonWriter json, AnswerContext context)
    {
        if (context.Losses.IsEmpty && context.FailedBefore.Count == 0)
            return;
        json.WriteStartArray("warnings");
        foreach (var failed in context.FailedBefore)
            json.WriteStringValue(failed.Status is { } status
                ? $"Provider '{failed.Provider}' failed with status {status}, so that another attempt answered."
                : $"Provider '{failed.Provider}' failed, so that another attempt answered.");
        foreach (var field in context.Losses.Fields)
            json.WriteStringValue($"'{field}' could not be carried.");
        json.WriteEndArray();
    }
}

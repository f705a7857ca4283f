using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Every recording replays in the dialect of its address, so that none is forgotten. The content of each one
/// is checked in its dialect's own tests.
/// </summary>
public sealed class RecordingTests
{
    private static readonly EgressTarget s_target = new("recorded", "model", ProviderQuirks.None);

    /// <summary>
    /// Recorded operations that are not served: uploads of files and batches, a vendor's model page, another of Bedrock's own formats.
    /// </summary>
    private static readonly string[] s_notServed = ["/v1/files", "/v1/batches", "/api/models/", "/invoke-with-response-stream"];

    private static readonly (string Part, DialectId Dialect, CallOperation Operation)[] s_addresses =
    [
        ("/chat/completions", DialectId.OpenAIChat, CallOperation.Chat),
        ("/messages/count_tokens", DialectId.AnthropicMessages, CallOperation.CountTokens),
        ("/v1/messages", DialectId.AnthropicMessages, CallOperation.Chat),
        ("/responses", DialectId.OpenAIResponses, CallOperation.Chat),
        (":batchEmbedContents", DialectId.Gemini, CallOperation.Embedding),
        (":generateContent", DialectId.Gemini, CallOperation.Chat),
        (":streamGenerateContent", DialectId.Gemini, CallOperation.Chat),
        ("/converse", DialectId.BedrockConverse, CallOperation.Chat),
        ("/v2/chat", DialectId.Cohere, CallOperation.Chat),
        ("/v2/embed", DialectId.Cohere, CallOperation.Embedding),
        ("/v2/rerank", DialectId.Cohere, CallOperation.Rerank),
        ("/api/chat", DialectId.Ollama, CallOperation.Chat),
        ("/v1/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        ("/v1/embeddings", DialectId.OpenAIChat, CallOperation.Embedding),
        ("/v1/images/generations", DialectId.OpenAIChat, CallOperation.ImageGeneration),
        ("/v1/audio/transcriptions", DialectId.OpenAIChat, CallOperation.Transcription),
        ("/v1/moderations", DialectId.OpenAIChat, CallOperation.Moderation),
    ];

    [Fact]
    public void Every_recording_is_read_by_the_dialect_of_its_address()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var (read, left) = (0, new List<string>());
        foreach (var exchange in Cassettes.Read())
        {
            if (Find(exchange) is not var (dialect, operation))
            {
                left.Add(exchange.Url.AbsolutePath);
                continue;
            }

            Check(exchange, dialect, operation);
            read++;
        }

        Assert.All(left, path => Assert.Contains(s_notServed, part => path.Contains(part, StringComparison.Ordinal)));
        Assert.True(read > 90, $"only {read} were read");
    }

    private static (IEgressDialect Dialect, CallOperation Operation)? Find(Exchange exchange)
    {
        foreach (var (part, dialect, operation) in s_addresses)
        {
            if (exchange.Method == "POST" && exchange.Url.AbsolutePath.Contains(part, StringComparison.Ordinal))
                return (BuiltInDialects.Set.Egress(dialect), operation);
        }

        return null;
    }

    private static void Check(Exchange exchange, IEgressDialect dialect, CallOperation operation)
    {
        if (exchange.Status >= 400)
        {
            var error = dialect.DecodeError(exchange.Status, exchange.Answer, s_target);
            Assert.True(error.Message.Length > 0 && error.Kind != CallErrorKind.Internal, exchange.ToString());
        }
        else if (IsStream(exchange))
        {
            var whole = Decode(exchange, dialect, operation, exchange.Answer.Length);
            Assert.NotEmpty(whole);
            // Every byte for the short ones; longer ones have that in their dialect's own tests.
            foreach (var size in exchange.Answer.Length < 4000 ? new[] { 1, 7, 64 } : [7, 509])
                Assert.Equal(whole, Decode(exchange, dialect, operation, size));
        }
        else if (CallOperations.IsForwardOnly(operation))
        {
            Assert.True(dialect.CreateProbe(operation).ObserveBody(exchange.Answer), exchange.ToString());
        }
        else if (exchange.Answer.AsSpan().TrimStart("{ \r\n"u8).StartsWith("\"error\""u8))
        {
            // An error with a success status.
            Assert.NotEqual(
                CallErrorKind.Internal, Assert.Throws<CallException>(() => dialect.DecodeAnswer(operation, exchange.Answer)).Error.Kind);
        }
        else
        {
            Assert.NotNull(dialect.DecodeAnswer(operation, exchange.Answer));
        }
    }

    private static bool IsStream(Exchange exchange) =>
        exchange.IsEventStream
        || exchange.Url.AbsolutePath.EndsWith("/converse-stream", StringComparison.Ordinal)
        || (exchange.Url.AbsolutePath.EndsWith("/api/chat", StringComparison.Ordinal) && exchange.Answer.AsSpan().Count("\n{"u8) > 1);

    /// <summary>The content of the stream, fed in slices of one size: its text, its calls, its end, its error.</summary>
    private static string Decode(Exchange exchange, IEgressDialect dialect, CallOperation operation, int size)
    {
        var (frames, decoder, updates) =
            (dialect.CreateFrameReader(), dialect.CreateStreamDecoder(operation), new List<ChatResponseUpdate>());
        CallError? error = null;
        for (var at = 0; at < exchange.Answer.Length; at += size)
        {
            frames.Feed(exchange.Answer.AsMemory(at, Math.Min(size, exchange.Answer.Length - at)));
            while (frames.TryRead(out var frame))
                error ??= decoder.Decode(frame, updates);
        }

        if (frames.Finish(out var last))
            error ??= decoder.Decode(last, updates);
        error ??= decoder.Finish(updates);
        var said = new StringBuilder();
        foreach (var content in updates.SelectMany(update => update.Contents))
        {
            said.Append(content switch
            {
                TextContent text => text.Text,
                TextReasoningContent reasoning => $"<{reasoning.Text}{reasoning.ProtectedData}>",
                ToolCallFragment piece => piece.Name + piece.Arguments,
                FunctionCallContent call => $"[{call.CallId}{call.Name}{ToolArguments.ToText(call)}]",
                UsageContent usage => $"{usage.Details.InputTokenCount}/{usage.Details.OutputTokenCount}",
                _ => "",
            });
        }

        return $"{said} {updates.Find(update => update.FinishReason is not null)?.FinishReason} {error?.Message}";
    }
}

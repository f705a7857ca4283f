using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Each client format either expresses the content of an answer or reports it as lost: one row for each kind of content,
/// each format (a new one is a row by itself), whole and streamed.
/// </summary>
public sealed class AnswerLossTests
{
    private const string Picture = "iVBORw0KGgo=";
    private const string Sound = "AQIDBAUGBwg=";

    /// <summary>The kinds: a factory, a text that only its own form contains, and its name when lost.</summary>
    private static readonly Dictionary<string, (Func<AIContent> Make, string Mark, string Name)> s_kinds = new()
    {
        ["image"] = (() => new DataContent(Convert.FromBase64String(Picture), "image/png"), Picture, "answer.content[1] (image/png)"),
        ["image at an address"] = (
            () => new UriContent("https://pictures.example/cat.png", "image/png"), "pictures.example", "answer.content[1] (image/png)"),
        ["sound"] = (() => new DataContent(Convert.FromBase64String(Sound), "audio/wav"), Sound, "answer.content[1] (audio/wav)"),
        ["document"] = (
            () => new DataContent("%PDF-MARK"u8.ToArray(), "application/pdf"), "JVBERi1NQVJL", "answer.content[1] (application/pdf)"),
        ["video"] = (() => new DataContent(Convert.FromBase64String(Sound), "video/mp4"), Sound, "answer.content[1] (video/mp4)"),
        ["hosted file"] = (() => new HostedFileContent("file-mark"), "file-mark", "answer.content[1] (file)"),
        ["reasoning"] = (() => new TextReasoningContent("mark-thought"), "mark-thought", "answer.content[1] (reasoning)"),
        ["refusal"] = (
            () => new TextContent("mark-refusal") { AdditionalProperties = new() { [CanonicalKeys.Refusal] = true } }, "mark-refusal",
            "answer.content[1] (refusal)"),
        ["tool call"] = (
            () => new FunctionCallContent("call_mark", "get_it", new Dictionary<string, object?>()), "call_mark",
            "answer.content[1] (call of get_it)"),
        ["tool result"] = (() => new FunctionResultContent("call_1", "mark-result"), "mark-result", "answer.content[1] (tool result)"),
        ["error"] = (() => new ErrorContent("mark-error"), "mark-error", "answer.content[1] (ErrorContent)"),
        ["unknown"] = (() => new AIContent(), "(nothing)", "answer.content[1] (AIContent)"),
        ["item of responses"] = Raw(
            "openai-responses", """{"id":"ws_mark","type":"web_search_call","status":"completed"}""", "ws_mark", "web_search_call"),
        ["block of anthropic"] = Raw(
            "anthropic-messages", """{"type":"server_tool_use","id":"srv_mark","name":"web_search","input":{}}""", "srv_mark",
            "server_tool_use"),
        ["part of gemini"] = Raw("gemini", """{"executableCode":{"language":"PYTHON","code":"mark"}}""", "PYTHON", "executableCode"),
        ["block of bedrock"] = Raw("bedrock-converse", """{"video":{"format":"mp4"}}""", "mp4", "video"),
        ["part of chat"] = Raw("openai-chat", """{"type":"reference","reference_ids":[777]}""", "777", "reference"),
        ["citation of a page"] = (
            () => Cited(new CitationAnnotation { Url = new Uri("https://cited.example/page"), Title = "t" }), "cited.example",
            "answer.content[0].annotations"),
        ["citation of a document"] = (
            () => Cited(new CitationAnnotation { Title = "mark-document", Snippet = "s" }), "mark-document",
            "answer.content[0].annotations"),
    };

    /// <summary>The kinds beside the content.</summary>
    private static readonly Dictionary<string, (string Key, string Json, string Mark, string Name)> s_members = new()
    {
        ["log probabilities"] = (
            CanonicalKeys.LogProbs, """{"content":[{"token":"mark-token","logprob":-0.5,"bytes":null,"top_logprobs":[]}],"refusal":null}""",
            "mark-token", "answer.logprobs"),
        ["log probabilities of a refusal"] = (
            CanonicalKeys.LogProbs, """{"content":[],"refusal":[{"token":"mark-token","logprob":-0.5,"bytes":null,"top_logprobs":[]}]}""",
            "mark-token", "answer.logprobs"),
        ["grounding of gemini"] = (
            "gemini:groundingMetadata", """{"webSearchQueries":["mark-query"]}""", "mark-query", "answer.groundingMetadata"),
    };

    public static TheoryData<string, string, bool> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, bool>();
            foreach (var kind in s_kinds.Keys.Concat(s_members.Keys))
            {
                foreach (var format in BuiltInDialects.Set.IngressIds)
                {
                    cells.Add(kind, format.Value, false);
                    cells.Add(kind, format.Value, true);
                }
            }

            return cells;
        }
    }

    public static TheoryData<string, bool> Formats
    {
        get
        {
            var formats = new TheoryData<string, bool>();
            foreach (var format in BuiltInDialects.Set.IngressIds)
            {
                formats.Add(format.Value, false);
                formats.Add(format.Value, true);
            }

            return formats;
        }
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Cells))]
    public void Content_is_in_the_clients_body_in_its_own_form_or_it_is_named(string kind, string format, bool streamed)
    {
        var (answer, mark, name) = AnswerOf(kind);

        var (body, lost) = Write(format, answer, streamed);

        var isHeld = body.Contains(mark, StringComparison.Ordinal);
        if (isHeld)
            Assert.Empty(lost);
        else
            Assert.StartsWith(name, Assert.Single(lost), StringComparison.Ordinal);
        if (streamed && !isHeld)
            Assert.Contains("x-switchyard-dropped: " + name, body, StringComparison.Ordinal);
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Formats))]
    public void Another_choice_is_written_or_named(string format, bool streamed)
    {
        var answer = new ChatResponse(
        [
            new ChatMessage(ChatRole.Assistant, "the first"),
            new ChatMessage(ChatRole.Assistant, "mark-second")
            {
                MessageId = "second",
                AdditionalProperties = new() { [CanonicalKeys.ChoiceIndex] = 1 },
            },
        ]);

        var (body, lost) = Write(format, answer, streamed);

        Assert.Contains("the first", body, StringComparison.Ordinal);
        if (body.Contains("mark-second", StringComparison.Ordinal))
            Assert.Empty(lost);
        else
            Assert.Equal(["answer.choices[1]"], lost);
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Formats))]
    public void What_is_said_in_a_recording_reaches_every_client(string format, bool streamed)
    {
        var spoken = new DataContent(Convert.FromBase64String(Sound), "audio/wav")
        {
            AdditionalProperties = new() { ["transcript"] = JsonElement.Parse("\"mark-spoken\""u8) },
        };

        var (body, lost) = Write(format, new ChatResponse(new ChatMessage(ChatRole.Assistant, [spoken])), streamed);

        Assert.Contains("mark-spoken", body, StringComparison.Ordinal);
        Assert.Equal(body.Contains(Sound, StringComparison.Ordinal) ? [] : ["answer.content[0] (audio/wav)"], lost);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Usage_and_what_cannot_be_read_is_no_loss(string format, bool streamed)
    {
        var answer = new ChatResponse(new ChatMessage(
            ChatRole.Assistant,
            [
                new TextContent("hello"),
                new UsageContent(new UsageDetails { InputTokenCount = 1 }),
                new TextReasoningContent("")
                {
                    ProtectedData = "c2VjcmV0",
                    AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "bedrock-converse" },
                },
                new TextContent(""),
            ])
        {
            AdditionalProperties = new()
            {
                ["system_fingerprint"] = JsonElement.Parse("\"fp\""u8), ["gemini:safetyRatings"] = JsonElement.Parse("[{}]"u8),
                ["choice:native_finish_reason"] = JsonElement.Parse("\"eos\""u8),
            },
        });

        Assert.Empty(Write(format, answer, streamed).Lost);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Thousands_of_losses_are_a_short_list_of_printable_characters(string format, bool streamed)
    {
        var odd = Enumerable.Range(0, 5000).Select(AIContent (_) => new AIContent
        {
            AdditionalProperties = new() { ["raw:cohere"] = JsonElement.Parse("""{"type":"a\r\nx-evil: 1 — ü"}"""u8) },
        });

        var (_, lost) = Write(format, new ChatResponse(new ChatMessage(ChatRole.Assistant, [.. odd])), streamed);

        Assert.Equal((51, "answer (and more)"), (lost.Count, lost[^1]));
        Assert.All(lost, name => Assert.DoesNotContain(name, c => c is < ' ' or > '~'));
    }

    [Fact]
    public void A_content_has_the_same_place_in_a_stream_as_in_a_whole_answer()
    {
        var pieces = new ChatResponseUpdate[]
        {
            new(ChatRole.Assistant, [new TextReasoningContent("hm")]), new(ChatRole.Assistant, [new TextReasoningContent("m")]),
            new(ChatRole.Assistant, "a"), new(ChatRole.Assistant, "b"),
            new(ChatRole.Assistant, [new DataContent(Convert.FromBase64String(Picture), "image/png")]),
        };
        var whole = pieces.ToChatResponse();

        Assert.Equal(["answer.content[2] (image/png)"], Write("anthropic-messages", whole, streamed: false).Lost);
        Assert.Equal(["answer.content[2] (image/png)"], WriteStream("anthropic-messages", pieces).Lost);
    }

    [Fact]
    public void A_completion_holds_text_alone()
    {
        var answer = new ChatResponse(new ChatMessage(
            ChatRole.Assistant, [new TextReasoningContent("hm"), new TextContent("yes"), s_kinds["image"].Make()]));
        var context = Context(CallOperation.Completion);

        BuiltInDialects.Set.Ingress(DialectId.OpenAIChat)
            .EncodeAnswer(new CanonicalChatAnswer(answer), context, new ArrayBufferWriter<byte>());

        Assert.Equal(["answer.content[0] (reasoning)", "answer.content[2] (image/png)"], context.Losses.Fields);
    }

    private static (Func<AIContent>, string, string) Raw(string dialect, string json, string mark, string kind) => (
        () => new AIContent { AdditionalProperties = new() { ["raw:" + dialect] = JsonElement.Parse(Encoding.UTF8.GetBytes(json)) } }, mark,
        $"answer.content[1] ({kind})");

    private static TextContent Cited(AIAnnotation annotation) => new(" indeed") { Annotations = [annotation] };

    private static (ChatResponse Answer, string Mark, string Name) AnswerOf(string kind)
    {
        var message = new ChatMessage(ChatRole.Assistant, [new TextContent("hello")]);
        if (s_kinds.TryGetValue(kind, out var content))
        {
            message.Contents.Add(content.Make());
            return (new ChatResponse(message), content.Mark, content.Name);
        }

        var (key, json, mark, name) = s_members[kind];
        message.AdditionalProperties = new() { [key] = JsonElement.Parse(Encoding.UTF8.GetBytes(json)) };
        return (new ChatResponse(message), mark, name);
    }

    private static (string Body, IReadOnlyList<string> Lost) Write(string format, ChatResponse answer, bool streamed)
    {
        if (streamed)
            return WriteStream(format, answer.ToChatResponseUpdates());
        var context = Context();
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Ingress(new(format)).EncodeAnswer(new CanonicalChatAnswer(answer), context, output);
        return (Encoding.UTF8.GetString(output.WrittenSpan), context.Losses.Fields);
    }

    private static (string Body, IReadOnlyList<string> Lost) WriteStream(string format, IEnumerable<ChatResponseUpdate> updates)
    {
        var context = Context();
        var output = new ArrayBufferWriter<byte>();
        var encoder = BuiltInDialects.Set.Ingress(new(format)).CreateStreamEncoder(context);
        foreach (var update in updates)
            encoder.Encode(update, output);
        encoder.Complete(output);
        Assert.Equal([], StreamRules.Broken(format, output.WrittenSpan.ToArray(), endsWithError: false));
        return (Encoding.UTF8.GetString(output.WrittenSpan), context.Losses.Fields);
    }

    private static AnswerContext Context(CallOperation operation = CallOperation.Chat) =>
        new() { Operation = operation, Model = "m", Created = DateTimeOffset.UnixEpoch, AnswerId = "chatcmpl-1", IncludeUsage = true };
}

using Switchyard.Providers.Catalogue;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>
/// Answers of one server in the history that its client sends to another: what the first one wrote and the second one refuses.
/// </summary>
public sealed class KeptAnswerTests
{
    // vLLM's: 46 characters, where OpenAI takes 40.
    private const string LongId = "chatcmpl-tool-0123456789abcdef0123456789abcdef";

    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"ID","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"ID","content":"r"}""";

    [Theory]
    [InlineData("openai")]
    [InlineData("azure-openai")]
    [InlineData("azure-openai-deployments")]
    public void A_long_id_of_a_call_is_shortened_for_OpenAI_in_call_and_result(string provider)
    {
        var body = Body(Call.Replace("ID", LongId, StringComparison.Ordinal));

        Assert.Null(Codec.Forward(body, Of(provider)));
        var messages = Codec.Translate(body, Of(provider)).GetProperty("messages");

        var id = messages[1].GetProperty("tool_calls")[0].GetProperty("id").GetString()!;
        Assert.Equal(40, id.Length);
        Assert.StartsWith("chatcmpl-tool-0123456789", id, StringComparison.Ordinal);
        Assert.Equal(id, messages[2].GetProperty("tool_call_id").GetString());
    }

    [Theory]
    [InlineData("call_0123456789abcdef0123456789abcdef012")]
    [InlineData("functions.f:0")]
    public void An_id_that_OpenAI_takes_stays(string id)
    {
        var body = Body(Call.Replace("ID", id, StringComparison.Ordinal));

        Assert.NotNull(Codec.Forward(body, Of("openai")));
        Assert.Equal(
            id, Codec.Translate(body, Of("openai")).GetProperty("messages")[2].GetProperty("tool_call_id").GetString());
    }

    [Fact]
    public void A_long_id_goes_to_a_server_that_takes_it_as_it_came() =>
        Assert.Contains(LongId, Codec.Forward(Body(Call.Replace("ID", LongId, StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void An_empty_list_of_calls_is_not_sent_to_OpenAI()
    {
        var body = Body("""{"role":"assistant","content":"a","tool_calls":[ ]}""");

        Assert.Null(Codec.Forward(body, Of("openai")));
        Assert.Equal(
            """{"role":"assistant","content":"a"}""", Codec.Translate(body, Of("openai")).GetProperty("messages")[1].GetRawText());
        Assert.NotNull(Codec.Forward(body));
    }

    [Fact]
    public void Mistrals_thinking_is_not_sent_to_OpenAI_and_named()
    {
        var body = Body("""{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]}""");

        Assert.Null(Codec.Forward(body, Of("openai")));
        var messages = Codec.Translate(body, out var losses, Of("openai")).GetProperty("messages");

        Assert.DoesNotContain("thinking", messages.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["messages[1].reasoning_content"], losses.Fields);
        Assert.NotNull(Codec.Forward(body, Of("mistral")));
    }

    [Fact]
    public void Words_about_tool_calls_and_thinking_are_forwarded() => Assert.NotNull(Codec.Forward(
        Body("""{"role":"assistant","content":"{\"tool_calls\":[],\"type\":\"thinking\"}"},{"role":"user","content":[{"type":"text","text":"thinking"}]}"""),
        Of("openai")));

    [Theory]
    [InlineData("groq", "reasoning_content", "\"hm\"", "reasoning")]
    [InlineData("groq", "annotations", "[]", null)]
    [InlineData("cerebras", "reasoning_content", "\"hm\"", "reasoning")]
    [InlineData("cerebras", "refusal", "null", null)]
    public void Members_of_other_servers_messages_are_not_sent_where_they_are_refused(
        string provider, string member, string value, string? written)
    {
        var body = Body($$"""{"role":"assistant","content":"a","{{member}}":{{value}}}""");

        Assert.Null(Codec.Forward(body, Of(provider)));
        var answer = Codec.Translate(body, Of(provider)).GetProperty("messages")[1];

        Assert.False(answer.TryGetProperty(member, out _));
        Assert.Equal(written is not null, answer.TryGetProperty("reasoning", out _));
    }

    [Theory]
    [InlineData("groq")]
    [InlineData("cerebras")]
    public void Reasoning_under_the_providers_own_name_is_forwarded(string provider) => Assert.NotNull(Codec.Forward(
        Body("""{"role":"assistant","content":"a","reasoning":"hm"}"""), Of(provider)));

    [Theory]
    [InlineData("mistral", """{"role":"assistant","content":""}""")]
    [InlineData("mistral", """{"role":"assistant","content":null}""")]
    [InlineData("mistral", """{"role":"assistant","content":"","tool_calls":[]}""")]
    [InlineData("mistral", """{"role":"assistant"}""")]
    [InlineData("moonshot", """{"role":"assistant","content":""}""")]
    public void An_empty_answer_is_left_out_where_it_is_refused(string provider, string answer)
    {
        var body = Body(answer);

        Assert.Null(Codec.Forward(body, Of(provider)));
        var messages = Codec.Translate(body, Of(provider)).GetProperty("messages");

        Assert.Equal(["user", "user"], messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
    }

    [Theory]
    [InlineData("mistral", """{"role":"assistant","content":"a"}""")]
    [InlineData("mistral", """{"role":"assistant","content":"","tool_calls":[{"id":"abcDEF123","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abcDEF123","content":"r"},{"role":"assistant","content":"b"}""")]
    [InlineData("openai", """{"role":"assistant","content":""}""")]
    public void Other_answers_are_forwarded(string provider, string answer) => Assert.NotNull(Codec.Forward(Body(answer), Of(provider)));

    [Theory]
    [InlineData("mistral", "", true)]
    [InlineData("mistral", ",\"tool_calls\":null", true)]
    [InlineData("mistral", ",\"prefix\":true", false)]
    [InlineData("openai", "", false)]
    public void The_beginning_of_an_answer_is_marked_where_it_is_refused_without_the_mark(string provider, string member, bool isAdded)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"{"{{member}}}]}""";

        Assert.Equal(isAdded, Codec.Forward(body, Of(provider)) is null);
        var last = Codec.Translate(body, Of(provider)).GetProperty("messages")[1];

        Assert.Equal(provider == "mistral", last.TryGetProperty("prefix", out var prefix) && prefix.GetBoolean());
        Assert.Equal("{", last.GetProperty("content").GetString());
    }

    /// <summary>A call of the old kind with a result of the new one, or the other way round, is refused everywhere.</summary>
    [Theory]
    [InlineData("groq", "function_call", "function")]
    [InlineData("cerebras", "tool_calls", "tool")]
    public void A_function_and_its_result_are_written_in_the_same_kind(string provider, string call, string role)
    {
        var body = Body("""{"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}""");

        Assert.Null(Codec.Forward(body, Of(provider)));
        var messages = Codec.Translate(body, Of(provider)).GetProperty("messages");

        Assert.True(messages[1].TryGetProperty(call, out _), messages[1].GetRawText());
        Assert.Equal(role, messages[2].GetProperty("role").GetString());
    }

    [Fact]
    public void An_empty_part_beside_others_is_left_out() => Assert.Equal(
        """{"role":"assistant","content":"a"}""",
        Codec.Translate(Body("""{"role":"assistant","content":[{"type":"text","text":""},{"type":"text","text":"a"}]}"""))
            .GetProperty("messages")[1].GetRawText());

    private static string Body(string messages) => Codec.Messages(
        $$"""{"role":"user","content":"x"},{{messages}},{"role":"user","content":"y"}""");

    private static EgressTarget Of(string provider) => Codec.With(ProviderCatalog.Default.Find(provider)!.Quirks);
}

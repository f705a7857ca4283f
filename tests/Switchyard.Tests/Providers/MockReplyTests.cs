using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Providers;
using Switchyard.Providers.Mock;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class MockReplyTests : IAsyncLifetime
{
    private static readonly AIFunctionDeclaration Weather = Tool("get_weather", """
        {
          "type": "object",
          "properties": { "city": { "type": "string" }, "days": { "type": "integer", "minimum": 3 }, "unit": { "enum": ["celsius", "fahrenheit"] } },
          "required": ["city"]
        }
        """);

    private static readonly AIFunctionDeclaration Time = Tool("get_time", """{ "type": "object", "properties": {} }""");

    private readonly MockProvider _mock = new();

    public async ValueTask InitializeAsync() => await ((IProvider)_mock).InitializeAsync(Some.Settings("mock"), Some.Token);

    public ValueTask DisposeAsync() => _mock.DisposeAsync();

    [Fact]
    public async Task A_required_tool_is_called_with_arguments_that_fit_its_schema()
    {
        var answer = await AskAsync("anything", new ChatOptions { Tools = [Weather, Time], ToolMode = ChatToolMode.RequireAny });
        var call = Assert.Single(Calls(answer));
        Assert.Equal("get_weather", call.Name);
        Assert.Equal("""{"city":"mock","days":3,"unit":"celsius"}""", Json(call));
        Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
        Assert.Equal("", answer.Text);
        Assert.True(answer.Usage!.OutputTokenCount > 0);
    }

    [Fact]
    public async Task A_tool_named_by_the_request_is_the_one_called() => Assert.Equal(
        "get_time",
        Assert.Single(Calls(
            await AskAsync("x", new ChatOptions { Tools = [Weather, Time], ToolMode = ChatToolMode.RequireSpecific("get_time") }))).Name);

    [Fact]
    public async Task Tools_named_in_the_message_are_called_all_at_once_unless_only_one_may()
    {
        var options = new ChatOptions { Tools = [Weather, Time] };
        var calls = Calls(await AskAsync("use GET_WEATHER and get_time", options));
        Assert.Equal(["get_weather", "get_time"], calls.Select(call => call.Name));
        Assert.Equal(2, calls.Select(call => call.CallId).Distinct().Count());
        options.AllowMultipleToolCalls = false;
        Assert.Single(Calls(await AskAsync("use get_weather and get_time", options)));
    }

    [Fact]
    public async Task Without_a_reason_to_call_it_answers_in_text()
    {
        Assert.Equal("Mock response to: hello", (await AskAsync("hello", new ChatOptions { Tools = [Weather] })).Text);
        Assert.Empty(Calls(await AskAsync("get_weather", new ChatOptions { Tools = [Weather], ToolMode = ChatToolMode.None })));
        Assert.Empty(Calls(await AskAsync("get_weather", new ChatOptions { Tools = [Weather] }, "mock-model-v1")));
    }

    [Fact]
    public async Task After_a_tools_result_it_answers_in_text()
    {
        var options = new ChatOptions { Tools = [Weather], ToolMode = ChatToolMode.RequireAny };
        List<ChatMessage> conversation = [new(ChatRole.User, "get_weather please")];
        var client = _mock.GetChatClient("mock-model-v2");
        var first = await client.GetResponseAsync(conversation, options, Some.Token);
        conversation.AddRange(first.Messages);
        conversation.Add(new(ChatRole.Tool, [new FunctionResultContent(Calls(first)[0].CallId, "sunny")]));
        Assert.Equal("Mock response to: get_weather please", (await client.GetResponseAsync(conversation, options, Some.Token)).Text);
    }

    [Fact]
    public async Task A_streamed_tool_call_arrives_whole()
    {
        var answer = await _mock.GetChatClient("mock-model-v2")
            .GetStreamingResponseAsync("x", new ChatOptions { Tools = [Weather], ToolMode = ChatToolMode.RequireAny }, Some.Token)
            .ToChatResponseAsync(Some.Token);
        Assert.Equal("get_weather", Assert.Single(Calls(answer)).Name);
        Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
    }

    [Fact]
    public async Task Structured_output_fits_its_schema_and_is_the_same_each_time()
    {
        var schema = JsonElement.Parse("""
            {
              "type": "object",
              "properties": {
                "name": { "type": "string" }, "age": { "type": "integer", "minimum": 18 }, "tags": { "type": "array", "items": { "type": "string" } },
                "address": { "$ref": "#/$defs/address" }, "nothing": { "type": ["null", "string"] }
              },
              "required": ["name", "age", "tags", "address", "nothing"], "additionalProperties": false,
              "$defs": { "address": { "type": "object", "properties": { "zip": { "type": "string", "minLength": 5, "maxLength": 5 } } } }
            }
            """);
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, "person") };
        var answer = await AskAsync("who", options);
        Assert.Equal("""{"name":"mock","age":18,"tags":["mock"],"address":{"zip":"mockx"},"nothing":"mock"}""", answer.Text);
        Assert.Equal(answer.Text, (await AskAsync("who", options)).Text);
    }

    [Fact]
    public async Task Json_without_a_schema_is_an_object_holding_the_answer()
    {
        var answer = await AskAsync("hi", new ChatOptions { ResponseFormat = ChatResponseFormat.Json });
        Assert.Equal("Mock response to: hi", (string?)JsonNode.Parse(answer.Text)!["response"]);
    }

    [Theory]
    [InlineData("""{ "const": 7 }""", "7")]
    [InlineData("""{ "enum": ["b", "a"] }""", "\"b\"")]
    [InlineData("""{ "type": "string", "default": "d" }""", "\"d\"")]
    [InlineData("""{ "type": "integer" }""", "1")]
    [InlineData("""{ "type": "integer", "exclusiveMinimum": 4 }""", "5")]
    [InlineData("""{ "type": "integer", "maximum": -3 }""", "-3")]
    [InlineData("""{ "type": "integer", "minimum": 5, "multipleOf": 4 }""", "8")]
    [InlineData("""{ "type": "number", "minimum": 0.25 }""", "0.25")]
    [InlineData("""{ "type": "number", "minimum": 1e300 }""", "1")]
    [InlineData("""{ "type": "boolean" }""", "true")]
    [InlineData("""{ "type": "null" }""", "null")]
    [InlineData("""{ "type": ["null", "integer"] }""", "1")]
    [InlineData("""{ "anyOf": [{ "type": "integer" }, { "type": "null" }] }""", "1")]
    [InlineData("""{ "type": "array", "items": { "type": "boolean" }, "minItems": 2 }""", "[true,true]")]
    [InlineData("""{ "type": "array", "maxItems": 0 }""", "[]")]
    [InlineData("""{ "type": "string", "format": "date" }""", "\"2025-01-01\"")]
    [InlineData(
        """{ "allOf": [{ "properties": { "a": { "type": "integer" } } }, { "properties": { "b": { "type": "string" } } }] }""",
        """{"a":1,"b":"mock"}""")]
    [InlineData("""{ "properties": { "a": true } }""", """{"a":"mock"}""")]
    [InlineData("true", "\"mock\"")]
    [InlineData("""{ "$ref": "#/nowhere" }""", "\"mock\"")]
    public void An_instance_fits_its_schema(string schema, string expected) =>
        Assert.Equal(expected, MockSchema.Instance(JsonElement.Parse(schema)));

    [Theory]
    [InlineData("""{ "type": "object", "properties": { "child": { "$ref": "#" } }, "required": ["child"] }""")]
    [InlineData("""{ "type": "array", "items": { "$ref": "#" }, "minItems": 1 }""")]
    [InlineData("""{ "$ref": "#" }""")]
    [InlineData("""{ "type": "object", "properties": { "a": { "$ref": "#" }, "b": { "$ref": "#" }, "c": { "$ref": "#" }, "d": { "$ref": "#" } } }""")]
    [InlineData("""{ "allOf": [{ "$ref": "#" }, { "$ref": "#" }, { "$ref": "#" }] }""")]
    public void A_schema_that_refers_to_itself_comes_to_an_end(string schema)
    {
        var made = MockSchema.Instance(JsonElement.Parse(schema));
        Assert.InRange(made.Length, 1, 200_000);
    }

    private Task<ChatResponse> AskAsync(string text, ChatOptions options, string model = "mock-model-v2") =>
        _mock.GetChatClient(model).GetResponseAsync(text, options, Some.Token);

    private static List<FunctionCallContent> Calls(ChatResponse answer) => [.. answer.Messages[0].Contents.OfType<FunctionCallContent>()];

    private static string Json(FunctionCallContent call) => JsonSerializer.Serialize(call.Arguments);

    private static AIFunctionDeclaration Tool(string name, string schema) =>
        AIFunctionFactory.CreateDeclaration(name, "A tool.", JsonElement.Parse(schema));
}

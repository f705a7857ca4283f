using System.Drawing;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

#pragma warning disable MEAI001 // Experimental in Microsoft.Extensions.AI.

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>The tools that a provider runs itself, as a caller in this process declares them.</summary>
public sealed class HostedToolTests
{
    public static TheoryData<AITool, string> Tools => new()
    {
        { new HostedWebSearchTool(), """{"type":"web_search"}""" },
        {
            new HostedWebSearchTool(new Dictionary<string, object?>
            {
                ["search_context_size"] = JsonElement.Parse("\"low\""),
                ["mine"] = "of the program",
                ["filters"] = new JsonObject { ["a"] = 1 },
            }),
            """{"type":"web_search","search_context_size":"low","filters":{"a":1}}"""
        },
        { new HostedCodeInterpreterTool(), """{"type":"code_interpreter","container":{"type":"auto"}}""" },
        {
            new HostedCodeInterpreterTool { Inputs = [new HostedFileContent("file-1"), new HostedFileContent("file-2")] },
            """{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1","file-2"]}}"""
        },
        {
            new HostedCodeInterpreterTool(new Dictionary<string, object?> { ["container"] = JsonElement.Parse("\"cntr_1\"") }),
            """{"type":"code_interpreter","container":"cntr_1"}"""
        },
        {
            new HostedFileSearchTool { Inputs = [new HostedVectorStoreContent("vs_1")], MaximumResultCount = 3 },
            """{"type":"file_search","vector_store_ids":["vs_1"],"max_num_results":3}"""
        },
        {
            new HostedMcpServerTool("docs", "https://mcp.example/x")
            {
                ServerDescription = "Docs", AllowedTools = ["find"], ApprovalMode = HostedMcpServerToolApprovalMode.NeverRequire,
                Headers = new Dictionary<string, string> { ["X-Team"] = "search" },
            },
            """{"type":"mcp","server_label":"docs","server_url":"https://mcp.example/x","server_description":"Docs","allowed_tools":["find"],"require_approval":"never","headers":{"X-Team":"search"}}"""
        },
        {
            new HostedMcpServerTool("mail", "connector_mail")
            {
                ApprovalMode = HostedMcpServerToolApprovalMode.RequireSpecific(["send"], ["read"]),
            },
            """{"type":"mcp","server_label":"mail","connector_id":"connector_mail","require_approval":{"always":{"tool_names":["send"]},"never":{"tool_names":["read"]}}}"""
        },
        {
            new HostedWebSearchTool(new Dictionary<string, object?> { ["type"] = JsonElement.Parse("\"web_search_preview\"") }),
            """{"type":"web_search_preview"}"""
        },
        {
            new HostedMcpServerTool("docs", "https://mcp.example/x", new Dictionary<string, object?>
            {
                ["server_label"] = JsonElement.Parse("\"d\""),
                ["require_approval"] = JsonElement.Parse("\"always\""),
            })
            {
                ApprovalMode = HostedMcpServerToolApprovalMode.NeverRequire,
            },
            """{"type":"mcp","server_url":"https://mcp.example/x","server_label":"d","require_approval":"always"}"""
        },
        { new HostedImageGenerationTool(), """{"type":"image_generation"}""" },
        {
            new HostedImageGenerationTool
            {
                Options = new() { ModelId = "painter", ImageSize = new Size(1024, 512), MediaType = "image/webp", StreamingCount = 2 },
            },
            """{"type":"image_generation","model":"painter","size":"1024x512","output_format":"webp","partial_images":2}"""
        },
    };

    [Theory]
    [MemberData(nameof(Tools), DisableDiscoveryEnumeration = true)]
    public void A_tool_of_the_provider_is_written_as_its_own(AITool tool, string expected)
    {
        var request = new CanonicalChatRequest([new ChatMessage(ChatRole.User, "x")], new ChatOptions { Tools = [tool] });

        var written = Codec.Encode(request, out var losses);

        Assert.Equal(expected, written.GetProperty("tools")[0].GetRawText());
        Assert.Empty(losses.Fields);
    }

    [Fact]
    public void An_input_that_the_tool_cannot_have_is_named()
    {
        var options = new ChatOptions
        {
            Tools =
            [
                new HostedCodeInterpreterTool { Inputs = [new DataContent("x"u8.ToArray(), "text/plain")] },
                new HostedFileSearchTool { Inputs = [new HostedFileContent("file-1")] },
                new HostedImageGenerationTool { Options = new() { Count = 2 } },
            ],
        };

        Codec.Encode(new CanonicalChatRequest([new ChatMessage(ChatRole.User, "x")], options), out var losses);

        Assert.Equal(["tools[0].inputs", "tools[1].inputs", "tools[2].count"], losses.Fields);
    }

    [Theory]
    [InlineData(true, "/v1/responses")]
    [InlineData(false, "/v1/chat/completions")]
    public async Task A_provider_of_several_formats_is_asked_in_the_one_that_has_the_tool(bool hosted, string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        // The first format of this entry of the catalogue is chat, the second has the tools.
        await using var given = Given.AnEngine(options => options.Providers["up"] = new()
        {
            Type = "openai", BaseUrl = upstream.BaseUrl, Key = "k",
        });
        upstream.ThenJson(ProviderFormat.Of(hosted ? "openai-responses" : "openai-chat").Whole);
        AITool tool = hosted ? new HostedCodeInterpreterTool() : AIFunctionFactory.Create(() => 1, "one");

        var answer = await given.Chat.GetResponseAsync("Hi", new ChatOptions { ModelId = "up/some-model", Tools = [tool] });

        Assert.Equal("Hi there", answer.Text);
        Assert.Equal(path, upstream.LastRequest.Path);
        Assert.DoesNotContain(AnswerFacts.Dropped, answer.AdditionalProperties!.Keys);
    }

    [Theory]
    [InlineData("gpt-4o-search-preview")]
    [InlineData("gpt-4o-mini-search-preview-2025-03-11")]
    [InlineData("gpt-5-search-api")]
    public async Task A_model_that_searches_by_itself_is_asked_in_chat_the_only_format_it_has(string model)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new()
        {
            Type = "openai", BaseUrl = upstream.BaseUrl, Key = "k",
        });
        upstream.ThenJson(ProviderFormat.Of("openai-chat").Whole);
        var search = new HostedWebSearchTool(new Dictionary<string, object?>
        {
            ["search_context_size"] = JsonElement.Parse("\"low\""),
            ["mine"] = "of the program",
        });

        var answer = await given.Chat.GetResponseAsync("Hi", new ChatOptions { ModelId = "up/" + model, Tools = [search] });

        Assert.Equal("/v1/chat/completions", upstream.LastRequest.Path);
        var asked = JsonElement.Parse(upstream.LastRequest.Text);
        Assert.Equal("""{"search_context_size":"low"}""", asked.GetProperty("web_search_options").GetRawText());
        Assert.False(asked.TryGetProperty("tools", out _));
        Assert.DoesNotContain(AnswerFacts.Dropped, answer.AdditionalProperties!.Keys);
    }
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Fitting;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Egress.Fitting;

/// <summary>Tool names that a format does not accept.</summary>
public sealed class ToolNamesTests
{
    private static readonly string s_long = "mcp__files__" + new string('x', 80);

    [Covers("X13")]
    [Theory]
    [InlineData("a.b:c", 64)]
    [InlineData("späte_größe", 64)]
    [InlineData("1st", 128)]
    [InlineData("", 64)]
    public void A_name_becomes_one_that_fits_always_the_same_and_comes_back(string name, int limit)
    {
        foreach (var given in new[] { name, name + new string('y', 200) })
        {
            var rule = limit == 64 ? ToolNameRule.Word64 : ToolNameRule.Dotted128;
            var fitted = ToolNames.Of(Calling(given), rule)!.Fit(given);
            Assert.True(rule.Fits(fitted), fitted);
            Assert.Equal(fitted, ToolNames.Of(Calling(given), rule)!.Fit(given));
            Assert.Equal(given, ToolNames.Of(Calling(given), rule)!.Restore(fitted));
        }
    }

    [Covers("X13")]
    [Fact]
    public void Two_long_names_with_one_beginning_stay_two()
    {
        var names = ToolNames.Of(Calling(s_long + "1", s_long + "2"), ToolNameRule.Word64)!;
        Assert.NotEqual(names.Fit(s_long + "1"), names.Fit(s_long + "2"));
    }

    [Fact]
    public void Names_that_fit_cost_nothing() => Assert.Null(ToolNames.Of(Calling("read_file", "write-file"), ToolNameRule.Word64));

    [Covers("X13")]
    [Fact]
    public void Tools_choices_and_history_get_the_same_name_and_the_callers_objects_stay()
    {
        var request = Codec.DecodeRequest($$$$"""
            {"model":"m","messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"{{{{s_long}}}}","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"y"}],
            "tools":[{"type":"function","function":{"name":"{{{{s_long}}}}","description":"d","parameters":{"type":"object"},"strict":true}}],
            "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"{{{{s_long}}}}"}}]}}}
            """);
        var names = ToolNames.Of(request, ToolNameRule.Word64)!;
        var fitted = names.Fit(s_long);

        var renamed = ToolRenaming.Apply(request, names);

        var text = Codec.EncodeRequest(renamed).GetRawText();
        Assert.DoesNotContain(s_long, text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split('"' + fitted + '"').Length - 1);
        Assert.Contains("\"strict\":true", text, StringComparison.Ordinal);
        Assert.Equal(s_long, request.Options.Tools![0].Name);
        Assert.Equal(s_long, request.Messages[1].Contents.OfType<FunctionCallContent>().Single().Name);
    }

    [Covers("X13")]
    [Fact]
    public void A_forced_tool_and_an_applications_own_function_are_renamed()
    {
        var function = AIFunctionFactory.Create((int number) => number + 1, "add.one", "Adds one.");
        var request = new CanonicalChatRequest(
            [new(ChatRole.User, "x")], new ChatOptions { Tools = [function], ToolMode = ChatToolMode.RequireSpecific("add.one") });
        var names = ToolNames.Of(request, ToolNameRule.Word64)!;

        var renamed = ToolRenaming.Apply(request, names).Options;

        var tool = Assert.IsAssignableFrom<AIFunctionDeclaration>(renamed.Tools![0]);
        Assert.Equal(names.Fit("add.one"), tool.Name);
        Assert.Equal(("Adds one.", JsonValueKind.Object), (tool.Description, tool.JsonSchema.ValueKind));
        Assert.Equal(tool.Name, Assert.IsType<RequiredChatToolMode>(renamed.ToolMode).RequiredFunctionName);
    }

    private static CanonicalChatRequest Calling(params string[] names) => new(
        [new(ChatRole.Assistant, [.. names.Select(name => new FunctionCallContent("c", name))])], new ChatOptions());
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;
using Xunit;

namespace Switchyard.Tests.Dialects;

public sealed class ToolResultTests
{
    [Fact]
    public void A_failed_tool_is_known_by_its_mark_whether_it_was_set_or_read_from_storage()
    {
        Assert.True(ToolResult.IsError(Marked(true)));
        Assert.True(ToolResult.IsError(Marked(JsonElement.Parse("true"u8))));
        Assert.False(ToolResult.IsError(Marked(false)));
        Assert.False(ToolResult.IsError(Marked(JsonElement.Parse("false"u8))));
        Assert.False(ToolResult.IsError(new FunctionResultContent("call-1", "fine")));
    }

    [Fact]
    public void Where_there_is_no_field_for_it_the_text_says_so_once()
    {
        Assert.Equal("Error: no such file", ToolResult.Of(Marked(true, "no such file")).Text);
        Assert.Equal("Error: no such file", ToolResult.Of(Marked(true, "Error: no such file")).Text);
        Assert.Equal("no such file", ToolResult.Of(Marked(false, "no such file")).Text);
    }

    private static FunctionResultContent Marked(object mark, string text = "text") =>
        new("call-1", text) { AdditionalProperties = new() { [CanonicalKeys.IsError] = mark } };
}

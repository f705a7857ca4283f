using System.Text;
using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>A request in which two readers of JSON may read different texts is recognised.</summary>
public sealed class RepeatedMembersTests
{
    [Theory]
    [InlineData("""{"messages":[{"content":"a"}],"messages":[{"content":"b"}]}""", true)]
    [InlineData("""{"messages":[{"content":"a","content":"b"}]}""", true)]
    [InlineData("""{"messages":[{"content":"a","c\u006fntent":"b"}]}""", true)]
    [InlineData("""{"a":{"b":[{"c":1},{"d":{},"d":[]}]}}""", true)]
    [InlineData("""{"messages":[{"content":"a"},{"content":"b"}],"content":{"messages":{}}}""", false)]
    [InlineData("""{"a":{"b":1},"b":{"a":1},"A":2}""", false)]
    [InlineData("""{"\ud800":1,"b":2}""", false)]
    public void In_any_object_and_in_any_spelling(string json, bool expected) =>
        Assert.Equal(expected, RepeatedMembers.Exist(Encoding.UTF8.GetBytes(json)));
}

using System.Globalization;
using System.Text;
using Switchyard.Dialects.Json;
using Xunit;

namespace Switchyard.Tests.Dialects;

public sealed class RecentNamesTests
{
    [Fact]
    public void A_name_that_is_repeated_is_one_string()
    {
        var first = RecentNames.Of("recent-names-repeated"u8);

        Assert.Equal("recent-names-repeated", first);
        // Another test may have put a name at the same place meanwhile.
        Assert.Contains(
            Enumerable.Range(0, 100),
            _ => ReferenceEquals(RecentNames.Of("recent-names-repeated"u8), RecentNames.Of("recent-names-repeated"u8)));
    }

    [Fact]
    public void Names_that_share_a_place_are_not_mistaken_for_one_another()
    {
        var names = Enumerable.Range(0, 2_000).Select(i => i.ToString("x8", CultureInfo.InvariantCulture)).ToList();

        Parallel.For(0, 4, _ => Assert.All(names, name => Assert.Equal(name, RecentNames.Of(Encoding.UTF8.GetBytes(name)))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("модель-é-漢字-😀")]
    [InlineData("a-name-that-is-longer-than-those-that-are-kept-and-is-made-anew-each-time-it-comes")]
    public void Any_other_name_is_read_all_the_same(string name) => Assert.Equal(name, RecentNames.Of(Encoding.UTF8.GetBytes(name)));
}

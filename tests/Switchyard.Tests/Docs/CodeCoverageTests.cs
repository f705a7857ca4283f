using System.Globalization;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The code coverage of the tests, as last measured by <c>./test --coverage</c>.</summary>
public sealed class CodeCoverageTests
{
    private const double Floor = 80;

    [Covers("S001-102")]
    [Fact]
    public void What_was_measured_last_is_above_the_floor()
    {
        var rows = Page.Read("docs/code-coverage.md").Table("assembly");

        var measured = rows.SkipLast(1).Select(row => row[0]).ToHashSet();
        Assert.Superset(
            new HashSet<string> { "Switchyard", "Switchyard.Gateway", "Switchyard.Refinement", "Switchyard.Storage" }, measured);
        Assert.All(measured, assembly => Assert.True(Repository.Exists($"src/{assembly}/{assembly}.csproj")));
        Assert.Equal("all", rows[^1][0]);
        Assert.InRange(double.Parse(rows[^1][2].TrimEnd('%', ' '), CultureInfo.InvariantCulture), Floor, 100);
        Assert.Contains(FormattableString.Invariant($"\nfloor={Floor} "), Repository.Read("eng/coverage"), StringComparison.Ordinal);
    }
}

using System.Reflection;
using Switchyard.Engine;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>
/// The public surface of each package, member by member, is the one approved in <c>PublicApi/</c>. An unintended change fails here:
/// SWITCHYARD_WRITE_DOCS=1 writes the files; read what changed before you commit it, and name it in CHANGELOG.md.
/// </summary>
public sealed class PublicApiTests
{
    public static TheoryData<Assembly> Packages() =>
    [
        typeof(SwitchyardEngine).Assembly,
        typeof(Microsoft.AspNetCore.Builder.SwitchyardGatewayExtensions).Assembly,
        typeof(Microsoft.Extensions.DependencyInjection.SwitchyardCloudExtensions).Assembly,
        typeof(Microsoft.Extensions.DependencyInjection.SwitchyardRefinementExtensions).Assembly,
        typeof(Microsoft.Extensions.DependencyInjection.SwitchyardStorageExtensions).Assembly,
    ];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_surface_is_the_approved_one(Assembly package) => PublicSurface.AssertApproved(package);

    /// <summary>A package that sees another's internals breaks where their versions differ.</summary>
    [Fact]
    public void No_package_sees_the_internals_of_another()
    {
        var packages = Packages().Select(row => row.Data.GetName().Name).ToList();
        foreach (var row in Packages())
        {
            var friends = row.Data.GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>();
            Assert.Empty(friends.Select(friend => friend.AssemblyName).Intersect(packages));
        }
    }
}

using System.Reflection;
using Aspire.Hosting;
using Microsoft.Extensions.Hosting;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Aspire.Tests;

/// <summary>As the test of the same name in Switchyard.Tests, for the packages that only this project knows.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<Assembly> Packages() =>
        [typeof(AspireSwitchyardExtensions).Assembly, typeof(SwitchyardBuilderExtensions).Assembly];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_surface_is_the_approved_one(Assembly package) => PublicSurface.AssertApproved(package);

    [Theory]
    [MemberData(nameof(Packages))]
    public void Classes_are_sealed(Assembly package) =>
        Assert.All(package.GetExportedTypes(), type => Assert.True(!type.IsClass || type.IsSealed, type.FullName));
}
